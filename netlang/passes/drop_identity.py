"""Operators that do nothing at inference go, and so does a flatten ahead of a linear layer.

    %b = dropout(%a)                 %d = linear(%a) out=10
    %c = flatten(%b)          =>
    %d = linear(%c) out=10

A linear layer flattens its input by itself, in the same order.
"""

from __future__ import annotations

from netlang.ir.graph import Graph, Node
from netlang.ops.linear import Linear
from netlang.ops.shape import Flatten
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def drop_identity(graph: Graph, log: Log) -> Graph:
    """The network without dropout, identities and needless flattening."""
    sweep = Sweep(graph)
    for node in graph:
        reason = _needless(graph, node)
        if reason:
            log.change(node.name, reason)
            sweep.alias(node.name, sweep.current(node.inputs[0]))
        else:
            sweep.keep(sweep.take(node))
    return sweep.finish()


def _needless(graph: Graph, node: Node) -> str:
    if node.op.is_identity:
        return f"'{node.op.name}' does nothing at inference"
    if isinstance(node.op, Flatten):
        if graph.types(node)[0].is_flat:
            return "its input is flat already"
        if node.name not in graph.results and _only_linear_reads(graph, node):
            return "'linear' flattens by itself"
    return ""


def _only_linear_reads(graph: Graph, node: Node) -> bool:
    # Dropout may stand between the two; it leaves in the same sweep.
    return all(
        isinstance(user.op, Linear)
        or (
            user.op.is_identity
            and user.name not in graph.results
            and _only_linear_reads(graph, user)
        )
        for user in graph.users[node.name]
    )
