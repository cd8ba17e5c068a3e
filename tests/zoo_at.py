"""Networks of the zoo for images of another size, so that float64 on a CPU is quick."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netlang.ir.graph import Graph, Node
from netlang.ir.op import infer
from netlang.lower import load
from netlang.ops.shape import Input


def zoo_at(side: int, name: str, **settings: Any) -> Graph:
    """A network of the zoo for images of `side` x `side`; all types, so all weights, follow."""
    graph, nodes = load(name, **settings), dict[str, Node]()
    for node in graph:
        op = node.op
        if isinstance(op, Input):
            op = replace(op, shape=(op.shape[0], side, side))
        type = infer(op, tuple(nodes[x].type for x in node.inputs))
        nodes[node.name] = replace(node, op=op, type=type)
    return graph.with_nodes(tuple(nodes.values()))
