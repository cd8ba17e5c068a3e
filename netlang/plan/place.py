"""Where each value lies: in a buffer of its own, or in a slice of another value's.

%a = conv(...) : 64x28x28         buffer of %c, 192 channels per pixel: %a is channels 0 to 63,
%b = conv(...) : 128x28x28   =>   %b is 64 to 191, and nothing is left for concat to do
%c = concat(%a, %b)

%d = split(%c) parts=2, part=1    channels 96 to 191 of %c: nothing to do either

%e = conv(...) : 80x28x28         %e is nowhere as a whole: its kernel writes %f and %g, each where
%f = slice(%e) start=0, ...  =>   it is wanted
%g = slice(%e) start=64, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from netlang.ir.graph import Graph, Node
from netlang.ir.types import TensorType
from netlang.kernels import View


@dataclass(frozen=True)
class Place:
    """A view of a buffer, which bears the name of the value that fills it.

    An alias is there already when its input is: no launch of its own writes it.
    """

    buffer: str
    view: View
    is_alias: bool = field(default=False, compare=False)


def place(graph: Graph, apart: Mapping[str, tuple[Node, ...]]) -> dict[str, Place]:
    """The place of every value; one `apart`, as `scattered` says, has none but its slices'."""
    homes = _homes(graph, apart)
    places: dict[str, Place] = {}
    for node in graph:
        places[node.name] = homes[node.name]
        if len(node.inputs) != 1:
            continue
        (name,) = node.inputs
        if name in apart:
            places[node.name] = replace(homes[node.name], is_alias=True)
            continue
        view = node.op.alias(graph[name].type, places[name].view)
        if view is not None:
            places[node.name] = Place(places[name].buffer, view, is_alias=True)
    return places


def scattered(graph: Graph) -> dict[str, tuple[Node, ...]]:
    """The values that nobody wants as a whole, with the slices that take them apart, in order."""
    found = ((node.name, _slices(graph, node)) for node in graph)
    return {name: slices for name, slices in found if slices}


def _slices(graph: Graph, node: Node) -> tuple[Node, ...]:
    channels = node.type.channels
    ranges = [(user.op.taken(channels), user) for user in graph.users[node.name]]
    parts = sorted(
        ((taken.start, taken.stop, user) for taken, user in ranges if taken is not None),
        key=lambda part: part[:2],
    )
    ends = [0, *(end for _, end, _ in parts)]
    starts = [*(start for start, _, _ in parts), channels]
    whole = node.name in graph.results or len(parts) < max(2, len(ranges)) or starts != ends
    if whole or not node.op.can_scatter(starts[1:-1], graph.types(node)):
        return ()
    return tuple(user for _, _, user in parts)


def _homes(graph: Graph, apart: Mapping[str, tuple[Node, ...]]) -> dict[str, Place]:
    """Where values lie that somebody writes; readers come first, so that slices may nest."""
    homes: dict[str, Place] = {}
    for node in reversed(graph.nodes):
        home = homes.setdefault(node.name, Place(node.name, own_view(node.type)))
        starts = node.op.starts(graph.types(node))
        for name, start in zip(node.inputs if starts else (), starts, strict=True):
            if _can_move(graph, graph[name], apart):
                # A value that several concatenations want lies in the last of them.
                homes.setdefault(name, Place(home.buffer, home.view.shifted(start)))
    return homes


def own_view(type: TensorType) -> View:
    """The view of a value that has a buffer of its own."""
    return View(type.channels)


def _can_move(graph: Graph, node: Node, apart: Mapping[str, tuple[Node, ...]]) -> bool:
    # A vector costs nothing to copy, and `flatten` writes only what is contiguous.
    if node.type.is_flat or len(node.inputs) != 1:
        return not node.type.is_flat
    # What only looks at its input cannot lie elsewhere.
    (x,) = graph.types(node)
    return node.inputs[0] in apart or node.op.alias(x, own_view(x)) is None
