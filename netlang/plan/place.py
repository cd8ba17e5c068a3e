"""Where each value lies: in a buffer of its own, or in a slice of another value's.

%a = conv(...) : 64x28x28         buffer of %c, 192 channels a pixel: %a is channels 0 to 63,
%b = conv(...) : 128x28x28   =>   %b is 64 to 191, and nothing is left for concat to do
%c = concat(%a, %b)

%d = split(%c) parts=2, part=1    channels 96 to 191 of %c: nothing to do either
"""

from __future__ import annotations

from dataclasses import dataclass

from netlang.ir.graph import Graph, Node
from netlang.ir.types import TensorType
from netlang.kernels import View


@dataclass(frozen=True)
class Place:
    """A view of a buffer, which bears the name of the value that fills it.

    An alias is there already when its input is: no launch writes it.
    """

    buffer: str
    view: View
    is_alias: bool = False


def place(graph: Graph) -> dict[str, Place]:
    """The place of every value."""
    homes = _homes(graph)
    places: dict[str, Place] = {}
    for node in graph:
        places[node.name] = homes[node.name]
        if len(node.inputs) == 1:
            (name,) = node.inputs
            view = node.op.alias(graph[name].type, places[name].view)
            if view is not None:
                places[node.name] = Place(places[name].buffer, view, is_alias=True)
    return places


def _homes(graph: Graph) -> dict[str, Place]:
    """Where values lie that somebody writes; readers come first, so that slices may nest."""
    homes: dict[str, Place] = {}
    for node in reversed(graph.nodes):
        home = homes.setdefault(node.name, Place(node.name, own_view(node.type)))
        starts = node.op.starts(graph.types(node))
        for name, start in zip(node.inputs if starts else (), starts, strict=True):
            if _can_move(graph, graph[name]):
                # A value that several concatenations want lies in the last of them.
                homes.setdefault(name, Place(home.buffer, home.view.shifted(start)))
    return homes


def own_view(type: TensorType) -> View:
    """The view of a value that has a buffer of its own."""
    return View(type.channels)


def _can_move(graph: Graph, node: Node) -> bool:
    # A vector costs nothing to copy, and `flatten` writes only what is contiguous.
    if node.type.is_flat or len(node.inputs) != 1:
        return not node.type.is_flat
    # What only looks at its input cannot lie elsewhere.
    (x,) = graph.types(node)
    return node.op.alias(x, own_view(x)) is None
