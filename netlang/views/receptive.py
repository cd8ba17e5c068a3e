"""Receptive fields: how much of the image each value of a network sees."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.ground.reach import PIXEL, Reach
from netlang.ir.graph import Graph, Node

Field = tuple[Reach, Reach]
"""Along height and width."""


def receptive_fields(graph: Graph) -> Mapping[str, Field]:
    """Of every value the field in the network's input, in theory: it may reach over the edges.

    Where paths meet, the one that sees most counts (Araujo et al. 2019, section 4).
    """
    fields: dict[str, Field] = {}
    for node in graph:
        fields[node.name] = _field(graph, node, fields)
    return fields


def _field(graph: Graph, node: Node, fields: Mapping[str, Field]) -> Field:
    if node.is_input:
        return PIXEL, PIXEL
    windows = node.op.reach(graph.types(node), node.type)
    seen = [fields[name] for name in node.inputs]
    rows, columns = (max(f[i].then(windows[i]) for f in seen) for i in range(2))
    return rows, columns
