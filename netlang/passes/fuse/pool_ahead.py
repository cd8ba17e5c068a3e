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
    return chain(graph, log, _judge)


def _judge(sweep: Sweep, pool: Node, node: Node) -> str | None:
    conv = anchor_of(node.op)
    if not isinstance(pool.op, MaxPool) or not isinstance(conv, Conv):
        return None
    if pool.op.kernel == "global":
        return None
    if not conv.is_pixelwise(pool.type):
        return None
    if conv.out > COLUMNS:
        return f"its {conv.out} channels are several tiles, and each would take the maxima anew"
    return ""
