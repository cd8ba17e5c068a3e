"""Rectangles in a rectangle, each as large as its part of the whole, and as square as may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Rect(NamedTuple):
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    def cut(self, part: int, whole: int, along_x: bool) -> tuple[Rect, Rect]:
        """The left or the upper part of it, and the rest."""
        x, y, width, height = self
        # Of whole numbers, so that a rest of next to nothing is exact too.
        first, rest = part / whole, (whole - part) / whole
        if along_x:
            size = first * width
            return Rect(x, y, size, height), Rect(x + size, y, rest * width, height)
        size = first * height
        return Rect(x, y, width, size), Rect(x, y + size, width, rest * height)


def squarified(weights: Sequence[int], within: Rect) -> list[Rect]:
    """A rectangle for each weight, which is 1 or more; the largest lies at the upper left.

    What is left is filled row by row along its shorter side (Bruls, Huizing and van Wijk 2000,
    "Squarified Treemaps", section 3.1).
    """
    order = sorted(range(len(weights)), key=lambda i: -weights[i])
    found: dict[int, Rect] = {}
    while order:
        left = [weights[i] for i in order]
        along_x = within.width >= within.height
        row = left[: _length(left, within)]
        strip, within = within.cut(sum(row), sum(left), along_x)
        for number, weight in enumerate(row):
            found[order[number]], strip = strip.cut(weight, sum(row[number:]), not along_x)
        order = order[len(row) :]
    return [found[i] for i in range(len(weights))]


def _length(weights: Sequence[int], free: Rect) -> int:
    """How many of falling weights make the next row: while its worst rectangle gets no longer."""
    short, long = sorted((free.width, free.height))
    whole, row, worst = sum(weights), 0, float("inf")
    for length, weight in enumerate(weights):
        row += weight
        thick = long * row / whole
        # In a row of one thickness the first or the last is the worst.
        sides = [short * each / row for each in (weights[0], weight)]
        worst, before = max(max(thick / side, side / thick) for side in sides), worst
        if worst > before:
            return length
    return len(weights)
