"""A layer as a network of its own, so that its kernel can be run and checked by itself."""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ops.pointwise import ReLU
from netlang.ops.shape import Input


def alone(graph: Graph, name: str) -> Graph:
    """The network that gives one value of another from what that reads; its weights are its own.

    What comes from another layer comes through a relu, so that it lies where layers write; what the
    caller gives comes as it is.
    """
    node = replace(graph[name], derived=())
    given: list[Node] = []
    for value in dict.fromkeys(node.inputs):
        type = graph[value].type
        if graph[value].is_input:
            given.append(Node(value, Input(type.shape), (), type))
        else:
            image = f"{value}.given"
            given += [Node(image, Input(type.shape), (), type), Node(value, ReLU(), (image,), type)]
    return Graph(name, (*given, node), name)
