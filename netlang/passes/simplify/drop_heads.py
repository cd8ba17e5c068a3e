"""Auxiliary classifiers leave at inference (Szegedy et al. 2014, section 5).

    output %fc                       output %fc
    head aux_1 %aux_1.fc      =>

Their layers are dead then, and `eliminate_dead` removes them.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph
from netlang.passes.report import Log


def drop_heads(graph: Graph, log: Log) -> Graph:
    """The network without its side heads."""
    for head in graph.heads:
        log.change(head.output, f"head '{head.name}' is for training only")
    return replace(graph, heads=())
