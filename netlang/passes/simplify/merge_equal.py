"""Nodes that compute the same become one: the first of them.

    %a = relu(%x)                    %a = relu(%x)
    %b = relu(%x)                    %c = add(%a, %y)
    %c = add(%a, %y)          =>     %e = mul(%c, %c)
    %d = add(%y, %b)
    %e = mul(%c, %d)

Equal are those of one operator, one list of inputs and one list of weights. Inputs stay, however
equal they look: each is another argument of the network.
"""

from __future__ import annotations

from collections.abc import Hashable

from netlang.ir.graph import Graph, Node
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def merge_equal(graph: Graph, log: Log) -> Graph:
    """The network with each value computed once."""
    sweep, first = Sweep(graph), dict[Hashable, str]()
    for old in graph:
        node = sweep.take(old)
        twin = first.setdefault(_content(graph, node), node.name)
        if twin == node.name:
            sweep.keep(node)
        else:
            log.change(node.name, f"equals %{twin}")
            sweep.alias(node.name, twin)
    return sweep.finish()


def _content(graph: Graph, node: Node) -> Hashable:
    if node.is_input:
        return node.name
    inputs = sorted(node.inputs) if node.op.commutes else node.inputs
    return node.op, tuple(inputs), tuple(map(node.weight, graph.weights(node)))
