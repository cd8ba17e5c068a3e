"""What changes nothing at inference goes, and so does a flatten ahead of a linear layer.

    %b = relu(%a)                    %b = relu(%a)
    %c = maxpool(%b) kernel=2x2      %c = maxpool(%b) kernel=2x2
    %d = dropout(%c)          =>     %g = linear(%c) out=10
    %e = relu(%d)
    %f = flatten(%e)
    %g = linear(%f) out=10

Some operators do nothing to a value of a certain size, such as a pool to the size that it has, and
a relu does nothing to a value that cannot be negative. A linear layer flattens its input by
itself, in the same order.
"""

from __future__ import annotations

from netlang.ir.graph import Graph, Node
from netlang.ops.linear import Linear
from netlang.ops.pointwise import ReLU
from netlang.ops.shape import Flatten
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def drop_identity(graph: Graph, log: Log) -> Graph:
    """The network without dropout, identities, repeated relus and needless flattening."""
    sweep, nonnegative = Sweep(graph), dict[str, bool]()
    for node in graph:
        given = [nonnegative[name] for name in node.inputs]
        nonnegative[node.name] = node.op.is_nonnegative(given)
        reason = _needless(graph, node, given)
        if reason:
            log.change(node.name, reason)
            sweep.alias(node.name, sweep.current(node.inputs[0]))
        else:
            sweep.keep(sweep.take(node))
    return sweep.finish()


def _needless(graph: Graph, node: Node, nonnegative: list[bool]) -> str:
    if node.op.is_identity(graph.types(node)):
        return f"'{node.op.name}' does nothing at inference"
    if isinstance(node.op, ReLU) and all(nonnegative):
        return f"%{node.inputs[0]} is never negative"
    flattens = isinstance(node.op, Flatten) and node.name not in graph.results
    return "'linear' flattens by itself" if flattens and _only_linear_reads(graph, node) else ""


def _only_linear_reads(graph: Graph, node: Node) -> bool:
    # What leaves in the same sweep may stand between the two.
    return all(
        isinstance(user.op, Linear)
        or (
            user.op.is_identity(graph.types(user))
            and user.name not in graph.results
            and _only_linear_reads(graph, user)
        )
        for user in graph.users[node.name]
    )
