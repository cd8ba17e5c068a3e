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
    live = graph.needed(graph.results)
    for node in graph:
        if not _stays(node.name in live, node.op.family):
            log.change(node.name, "nothing depends on it")
    return graph.with_nodes(tuple(n for n in graph if _stays(n.name in live, n.op.family)))


def _stays(live: bool, family: str) -> bool:
    return live or family == "input"
