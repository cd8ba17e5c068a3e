"""The lines between boxes, and which of them are shortcuts.

Where paths from one box meet in another and the value keeps its size, as in a residual sum, the
path with the fewest learned layers is the shortcut. He et al. 2015, Figure 3: a solid line is the
identity, a dotted one changes the shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from netlang.backends.draw.boxes import Box
from netlang.ir.composite import Chain, Composite, Together
from netlang.ir.fused import FLOWING, Fused
from netlang.ir.op import Op, infer
from netlang.ir.types import TensorType, Types

Kind = Literal["flow", "identity", "reshaped"]
Entry = tuple[str, int]
"""A box's name and the position of one of its inputs."""


@dataclass(frozen=True)
class Link:
    """A line from one box to another."""

    source: Box
    target: Box
    kind: Kind


@dataclass(frozen=True)
class _Path:
    """A way into a box: the boxes on it, last first, and the one that it sets out from."""

    boxes: tuple[Box, ...]
    start: Box
    learned: int


def links(boxes: list[Box]) -> list[Link]:
    """Every line, in the order of the boxes that they lead to; alike lines are one."""
    ways = _Ways(
        home={value.name: box for box in boxes for value in box.values},
        types={value.name: value.type for box in boxes for value in box.values},
        readers=Counter[str](),
    )
    ways.readers.update(ways.home[name].name for box in boxes for name in box.inputs)
    found: dict[tuple[str, str, Kind], Link] = {}
    kinds = dict[Entry, Kind](way for box in boxes for way in ways.shortcut(box))
    for box in boxes:
        for position, name in enumerate(box.inputs):
            link = Link(ways.home[name], box, kinds.get((box.name, position), "flow"))
            found[link.source.name, box.name, link.kind] = link
    return list(found.values())


def spine(links: list[Link], end: str = "") -> list[str]:
    """The names of the boxes on a longest way without shortcuts, which is to be drawn straight.

    It leads to the box `end`, where there is one. Of branches of one length it takes the one
    nearest the middle, so that the others stand on both sides of it.
    """
    longest = Counter[str]()
    before: dict[str, str] = {}
    flow = (link for link in links if link.kind == "flow")
    for target, group in groupby(flow, key=lambda link: link.target.name):
        sources = [link.source.name for link in group]
        middle = (len(sources) - 1) / 2
        place = max(range(len(sources)), key=lambda i: (longest[sources[i]], -abs(i - middle)))
        longest[target], before[target] = longest[sources[place]] + 1, sources[place]
    at = end or max(longest, key=longest.__getitem__, default="")
    found = {at: None}
    while at in before and before[at] not in found:
        at = before[at]
        found[at] = None
    return list(found)[::-1]


@dataclass(frozen=True)
class _Ways:
    """The ways through a drawing: of each value the box and the type, of each box the readers."""

    home: Mapping[str, Box]
    types: Mapping[str, TensorType]
    readers: Counter[str]

    def shortcut(self, box: Box) -> Iterator[tuple[Entry, Kind]]:
        """The lines of the shortcut into a box, if there is one."""
        # What is launched together ends up side by side.
        if box.group or len(box.inputs) < 2 or isinstance(box.op, Together):
            return
        paths = [self._path(box, position) for position in range(len(box.inputs))]
        short, second = sorted(paths, key=lambda path: path.learned)[:2]
        if short.learned == second.learned or len({path.start.name for path in paths}) > 1:
            return
        position = paths.index(short)
        within = self._within(box)[position]
        if not within.adds:
            return
        same = self.types[box.inputs[position]] == within.meets
        kind: Kind = "reshaped" if short.boxes or short.learned or not same else "identity"
        yield (box.name, position), kind
        for passed in short.boxes:
            yield (passed.name, 0), kind

    def _path(self, box: Box, position: int) -> _Path:
        """Back from an input of a box to where something else sets out too."""
        on_way: list[Box] = []
        at = self.home[box.inputs[position]]
        while len(at.inputs) == 1 and self.readers[at.name] == 1 and not at.group:
            on_way.append(at)
            at = self.home[at.inputs[0]]
        ahead = sum(self._within(passed)[0].learned for passed in on_way)
        return _Path(tuple(on_way), at, ahead + self._within(box)[position].learned)

    def _within(self, box: Box) -> list[_Within]:
        return _within(box.op, tuple(self.types[name] for name in box.inputs))


@dataclass(frozen=True)
class _Within:
    """How an input goes through an operator: past so many layers, to meet values of some type.

    It is added to these, or else it may be a gate, or lie beside them.
    """

    learned: int
    meets: TensorType
    adds: bool = True


def _within(op: Op, types: Types) -> list[_Within]:
    match op:
        case Fused(anchor=anchor, anchor_arity=n, steps=steps):
            given = infer(anchor, types[:n])
            others = [
                _Within(0, given, step.op.symbol == "+")
                for step in steps
                for operand in step.operands
                if operand != FLOWING
            ]
            adds = all(other.adds for other in others)
            first = [replace(x, adds=x.adds and adds) for x in _within(anchor, types[:n])]
            return first + others
        case Chain(parts=(first, second)):
            given, read = op.types(types)
            through, *others = _within(second, read)
            # With nothing else to meet behind the first, it is in the first that its inputs meet.
            further = through.learned if others else 0
            return [replace(x, learned=x.learned + further) for x in _within(first, given)] + others
        case Composite(parts=parts):
            each = zip(parts, op.types(types), strict=True)
            return [within for part, read in each for within in _within(part, read)]
        case _:
            adds = op.family != "join" or op.symbol == "+"
            return [_Within(int(op.is_product), infer(op, types), adds)] * len(types)
