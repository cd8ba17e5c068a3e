"""A sequential network as feature maps, each with what makes it and what keeps its shape.

conv 11x11, 96, groups=1 -> relu -> lrn      one map, in two parts if a grouped layer reads it
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Any

from netlang.backends.draw.boxes import RIDES_ALONG
from netlang.diagnostic import NetError, error
from netlang.ir.attributes import show
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.ops.conv import Conv

MOST_PARTS = 4
"""Groups of channels that are drawn apart; more are told."""

MOST_MAPS = 12
"""How many maps are drawn one by one; of more, equal neighbours are one."""


@dataclass(frozen=True)
class Map:
    """A feature map: the layer that makes it, then those behind it that keep its shape.

    `given` is the type of what the layer reads, None for the network's input. The channels lie in
    `parts`; the map stands for `times` equal ones, which have so many `parameters` together.
    """

    nodes: tuple[Node, ...]
    given: TensorType | None
    parameters: int
    parts: int = 1
    times: int = 1

    @property
    def op(self) -> Op:
        """What makes it."""
        return self.nodes[0].op

    @property
    def type(self) -> TensorType:
        """Channels, height and width, of all parts together."""
        return self.nodes[-1].type

    @property
    def kind(self) -> tuple[Any, ...]:
        """What equal maps share."""
        return tuple(node.op for node in self.nodes), self.type, self.parts

    @property
    def window(self) -> tuple[int, int] | None:
        """Rows and columns that a pixel of it sees of what it is made of; None if that is all."""
        if self.given is None or self.given.is_flat or self.type.is_flat:
            return None
        rows, columns = self.op.reach((self.given,), self.nodes[0].type)
        return min(rows.pixels, self.given.height), min(columns.pixels, self.given.width)

    @property
    def making(self) -> list[str]:
        """How it is made, a line each: the window, the operator, its stride and its groups."""
        if self.given is None:
            return []
        if self.op.family == "linear":
            return ["dense"]
        words = self.op.caption.partition(", ")[0].split(" ", 1)
        steps = tuple(reach.step for reach in self.op.reach((self.given,), self.nodes[0].type))
        if self.window and max(steps) > 1 and all(step.denominator == 1 for step in steps):
            rows, columns = map(int, steps)
            words.append(f"stride {rows if rows == columns else show((rows, columns))}")
        if _groups(self.op) > MOST_PARTS:
            words.append(f"{_groups(self.op)} groups")
        return words

    @property
    def words(self) -> list[str]:
        """What it is, a line each: the channels of its parts, its image, what keeps its shape."""
        channels = " + ".join([str(self.type.channels // self.parts)] * self.parts)
        image = [] if self.type.is_flat else [show(self.type.pixels)]
        return [channels, *image, *(node.op.caption for node in self.nodes[1:])]

    @property
    def groups(self) -> int:
        """How many groups of channels its layer takes each on its own: all of them, in a pool."""
        return _groups(self.op) if self.op.is_product else self.type.channels


def maps(graph: Graph, flat: bool = False) -> list[Map]:
    """The maps from the input to the output, equal neighbours as one unless `flat`.

    Raises `NetError` where a network branches.
    """
    found: list[Map] = []
    for node in _sequence(graph):
        if found and _keeps_shape(graph, node):
            last = found.pop()
            parameters = last.parameters + graph.parameters(node)
            found.append(replace(last, nodes=(*last.nodes, node), parameters=parameters))
        else:
            given = None if node.is_input else graph.types(node)[0]
            found.append(Map((node,), given, graph.parameters(node)))
    found = [replace(each, parts=n) for each, n in zip(found, _parts(found), strict=True)]
    return found if flat or len(found) <= MOST_MAPS else list(_runs(found))


def _sequence(graph: Graph) -> tuple[Node, ...]:
    """All layers, each of which reads the one before."""
    for before, node in pairwise(graph):
        readers = len(graph.users[before.name])
        if readers > 1:
            raise _branch(graph, before, f"{readers} layers read '{before.name}'")
        if node.inputs != (before.name,):
            raise _branch(graph, node, f"'{node.name}' does not read '{before.name}' alone")
    return graph.nodes


def _branch(graph: Graph, node: Node, why: str) -> NetError:
    return error(
        f"'{graph.name}' is no sequence of layers: {why}",
        node.origin[0].span if node.origin else None,
        "here",
        help="the style 'paper' draws branches and shortcuts; a block can be drawn alone",
    )


def _keeps_shape(graph: Graph, node: Node) -> bool:
    return node.op.family in RIDES_ALONG or node.op.is_identity(graph.types(node))


def _runs(found: Sequence[Map]) -> Iterator[Map]:
    for _, run in groupby(found, key=lambda each: each.kind):
        first, *others = run
        parameters = first.parameters + sum(other.parameters for other in others)
        yield replace(first, times=1 + len(others), parameters=parameters)


def _groups(op: Op) -> int:
    return op.groups if isinstance(op, Conv) else 1


def _parts(found: Sequence[Map]) -> list[int]:
    """The number of parts of each map: groups make them, need them, and pools leave them apart."""
    made: list[int] = []
    for each in found:
        groups = _groups(each.op)
        pooled = each.op.family == "pool" and made
        made.append(made[-1] if pooled else groups if groups <= MOST_PARTS else 1)
    needed = made[:]
    for i in range(len(found) - 2, -1, -1):
        reader = found[i + 1].op
        read = needed[i + 1] if reader.family == "pool" else made[i + 1]
        needed[i] = max(needed[i], read if reader.family == "pool" or _groups(reader) > 1 else 1)
    return needed
