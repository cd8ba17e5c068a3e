"""How many numbers of activations a node moves between its kernel and memory."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.ir.graph import Graph, Node
from netlang.plan.place import Place


def traffic(graph: Graph, node: Node, places: Mapping[str, Place]) -> tuple[int, int]:
    """What an image makes a node read and write; nothing where the result lies there already."""
    if places[node.name].is_alias or node.is_input:
        return 0, 0
    starts = node.op.starts(graph.types(node))
    if starts:
        home = places[node.name]
        slices = (Place(home.buffer, home.view.shifted(start)) for start in starts)
        pairs = zip(node.inputs, slices, strict=True)
        copied = sum(graph[name].type.elements for name, own in pairs if places[name] != own)
        return copied, copied
    return read(graph, node), node.type.elements


def read(graph: Graph, node: Node) -> int:
    """The numbers that a node looks at.

    By name: who reads a value twice, as conv and as residual, has it in a cache.
    """
    needed: dict[str, int] = {}
    numbers = node.op.reads(graph.types(node), node.type)
    for name, number in zip(node.inputs, numbers, strict=True):
        needed[name] = max(number, needed.get(name, 0))
    return sum(needed.values())
