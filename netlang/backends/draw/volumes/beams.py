"""What joins two maps: a window and the pixel that a layer makes of it, or all and all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import sqrt

from netlang.backends.draw.volumes.block import Block, Point
from netlang.backends.draw.volumes.layout import Volume
from netlang.backends.draw.volumes.maps import Map
from netlang.ground.integers import ceil_div


@dataclass(frozen=True)
class Beam:
    """Lines from a part of a map to a part of the next, from the corners of a `window` if any.

    One is `crossed` that leads from a part of the channels to another.
    """

    window: tuple[Point, ...]
    lines: tuple[tuple[Point, Point], ...]
    crossed: bool

    @property
    def bottom(self) -> float:
        """The lowest pixel."""
        return max(y for line in self.lines for _, y in line)


def beams(source: Volume, target: Volume) -> Iterator[Beam]:
    """All that joins two neighbours: between parts that have a group of the layer in common."""
    before, after = len(source.blocks), len(target.blocks)
    for (i, start), (j, end) in product(enumerate(source.blocks), enumerate(target.blocks)):
        groups = target.map.groups
        if _meet(_span(i, before, groups), _span(j, after, groups)):
            yield _beam(start, end, target.map, before == after and i != j)


def _span(part: int, parts: int, groups: int) -> range:
    """The groups that a part of the channels has a share of."""
    return range(part * groups // parts, ceil_div((part + 1) * groups, parts))


def _meet(a: range, b: range) -> bool:
    return a.start < b.stop and b.start < a.stop


def _beam(start: Block, end: Block, made: Map, crossed: bool) -> Beam:
    if made.window is None or made.given is None:
        _, top, bottom, _ = start.side
        edges = (end.x, end.y), (end.x, end.y + end.height)
        return Beam((), tuple(product((top, bottom), edges)), crossed)
    parts = zip(made.window, made.given.pixels, strict=True)
    # The window is drawn to the scale of the map that it lies on.
    rows, columns = (sqrt(window / size) for window, size in parts)
    window = tuple(start.on_side(rows, columns))
    return Beam(window, tuple((corner, end.port) for corner in window), crossed)
