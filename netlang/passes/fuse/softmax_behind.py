"""A softmax behind a linear layer is done by the last program of the linear layer.

    %fc = linear(%x) out=1000        =>    %fc = linear(%x) out=1000 => softmax(_)
    %y = softmax(%fc)

The logits of an image are spread over many programs. Whichever ends last sees them all, and a
launch for a thousand numbers is saved.
"""

from __future__ import annotations

from netlang.ir.fused import anchor_of
from netlang.ir.graph import Graph, Node
from netlang.ops.linear import Linear
from netlang.ops.norm import Softmax
from netlang.passes.fuse.chain import chain
from netlang.passes.report import Log


def softmax_behind(graph: Graph, log: Log) -> Graph:
    """The network with softmaxes in the kernels of the linear layers that they read."""
    return chain(graph, log, _is_pair)


def _is_pair(first: Node, node: Node) -> bool:
    return isinstance(node.op, Softmax) and isinstance(anchor_of(first.op), Linear)
