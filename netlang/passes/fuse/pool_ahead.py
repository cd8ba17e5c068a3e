"""A 1x1 convolution takes the maximum over windows as it reads, so that the pool is not stored.

    %p = maxpool(%x) kernel=3x3        =>    %c = maxpool(%x) kernel=3x3, stride=1x1, pad=1x1
         stride=1x1, pad=1x1                      => conv(_) kernel=1x1, out=32
    %c = conv(%p) kernel=1x1, out=32

Inception's fourth branch is such a pair (Szegedy et al. 2014, figure 2b). Every tile of output
channels takes its own maxima, so there should be few of them.
"""

from __future__ import annotations

from netlang.ir.fused import anchor_of
from netlang.ir.graph import Graph, Node
from netlang.ops.conv import Conv
from netlang.ops.pool import MaxPool
from netlang.passes.fuse.chain import chain
from netlang.passes.fuse.estimate import COLUMNS
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def pool_ahead(graph: Graph, log: Log) -> Graph:
    """The network with max pools in the kernels of the 1x1 convolutions that read them."""
    return chain(graph, log, _is_pair, _refusal)


def _is_pair(pool: Node, node: Node) -> bool:
    conv = anchor_of(node.op)
    has_windows = isinstance(pool.op, MaxPool) and pool.op.kernel != "global"
    return has_windows and isinstance(conv, Conv) and conv.is_pixelwise(pool.type)


def _refusal(sweep: Sweep, pool: Node, node: Node) -> str:
    channels = node.type.channels
    if channels <= COLUMNS:
        return ""
    return f"its {channels} channels are several tiles, and each would take the maxima anew"
