"""The lines between boxes, and which of them are shortcuts.

Where paths from one box meet in another and the value keeps its size, as in a residual sum, the
path with the fewest learned layers is the shortcut. He et al. 2015, Figure 3: a solid line is the
identity, a dotted one changes the shape.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from netlang.backends.draw.boxes import Box
from netlang.ir.fused import Fused
from netlang.ir.op import Family

Kind = Literal["flow", "identity", "reshaped"]
LEARNED: tuple[Family, ...] = ("conv", "linear")


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
    """Every line, in the order of the boxes that they lead to."""
    home = {node.name: box for box in boxes for node in box.nodes}
    arrows = [(home[name], box) for box in boxes for name in box.inputs]
    readers = Counter(source.name for source, _ in arrows)
    kinds = dict[tuple[str, str], Kind]()
    for box in boxes:
        kinds.update(_shortcut(box, home, readers))
    return [Link(a, b, kinds.get((a.name, b.name), "flow")) for a, b in arrows]


def spine(links: list[Link]) -> set[str]:
    """The names of the boxes on a longest way without shortcuts, which is to be drawn straight."""
    longest: dict[str, int] = {}
    before: dict[str, str] = {}
    for link in (x for x in links if x.kind == "flow"):
        source, target = link.source.name, link.target.name
        if longest.get(source, 0) + 1 > longest.get(target, 0):
            longest[target], before[target] = longest.get(source, 0) + 1, source
    at = max(longest, key=longest.__getitem__, default="")
    found = {at}
    while at in before and before[at] not in found:
        at = before[at]
        found.add(at)
    return found


def _shortcut(
    box: Box, home: Mapping[str, Box], readers: Mapping[str, int]
) -> Iterator[tuple[tuple[str, str], Kind]]:
    # What fuses several values is a sum or a product, whatever the size of what its anchor reads.
    keeps_size = any(home[name].output == box.output for name in box.inputs)
    if box.group or len(box.inputs) < 2 or not (keeps_size or isinstance(box.op, Fused)):
        return
    paths = [_path(box, i, home, readers) for i in range(len(box.inputs))]
    short, second = sorted(paths, key=lambda path: path.learned)[:2]
    if short.learned == second.learned or len({path.start.name for path in paths}) > 1:
        return
    identity = not short.boxes and short.start.output == box.output
    stops = [box, *short.boxes, short.start]
    for target, source in pairwise(stops):
        yield (source.name, target.name), "identity" if identity else "reshaped"


def _path(box: Box, position: int, home: Mapping[str, Box], readers: Mapping[str, int]) -> _Path:
    """Back from an input of a box to where something else sets out too."""
    on_way: list[Box] = []
    at = home[box.inputs[position]]
    while len(at.inputs) == 1 and readers[at.name] == 1 and not at.group:
        on_way.append(at)
        at = home[at.inputs[0]]
    # The anchor of a fused box is a layer on the way of its own inputs alone.
    anchored = isinstance(box.op, Fused) and position < box.op.anchor_arity
    passed = [*on_way, box] if anchored else on_way
    return _Path(tuple(on_way), at, sum(b.op.family in LEARNED for b in passed))
