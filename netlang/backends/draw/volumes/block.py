"""A box in cabinet projection: its front in true size, its depth at half, up to the right."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Point = tuple[float, float]
"""Pixels from the left and from the top."""

SLANT = 0.5 / sqrt(2)
"""What half a pixel of depth at 45 degrees goes to the right, and up."""


@dataclass(frozen=True)
class Block:
    """Channels run along the front, `width` pixels; a pixel column of the image is `height` tall.

    `x` and `y` are the front's upper left corner; a row of the image goes `slant` pixels to the
    right and up.
    """

    x: float
    y: float
    width: float
    height: float
    slant: float

    @property
    def front(self) -> list[Point]:
        """The face of channels and rows, from its upper left corner."""
        right, bottom = self.x + self.width, self.y + self.height
        return [(self.x, self.y), (right, self.y), (right, bottom), (self.x, bottom)]

    @property
    def top(self) -> list[Point]:
        """The face of channels and columns."""
        left, right, *_ = self.front
        return [left, self._behind(left), self._behind(right), right]

    @property
    def side(self) -> list[Point]:
        """The face of rows and columns, which is the image."""
        return self.on_side(1, 1)

    def on_side(self, rows: float, columns: float) -> list[Point]:
        """The middle of the image, as parts of it: the corners from the upper left."""
        x = self.x + self.width + self.slant * (1 - columns) / 2
        y = self.y + self.height * (1 - rows) / 2 - self.slant * (1 - columns) / 2
        dx, dy = self.slant * columns, self.height * rows
        return [(x, y), (x + dx, y - dx), (x + dx, y - dx + dy), (x, y + dy)]

    @property
    def port(self) -> Point:
        """Where what it is made of comes in."""
        return self.x, self.y + self.height / 2

    @property
    def right(self) -> float:
        """How far it reaches."""
        return self.x + self.width + self.slant

    def _behind(self, point: Point) -> Point:
        return point[0] + self.slant, point[1] - self.slant
