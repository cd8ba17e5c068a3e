"""Nodes that no result depends on go.

    %a = relu(%x)                    %a = relu(%x)
    %b = tanh(%x)             =>     output %a
    output %a

Inputs stay: they are the network's signature.
"""

from __future__ import annotations

from netlang.ir.graph import Graph
from netlang.passes.report import Log


def eliminate_dead(graph: Graph, log: Log) -> Graph:
    """The nodes that a result or the signature needs."""
    live = graph.needed((*graph.results, *(node.name for node in graph.inputs)))
    for node in graph:
        if node.name not in live:
            log.change(node.name, "nothing depends on it")
    return graph.with_nodes(tuple(node for node in graph if node.name in live))
