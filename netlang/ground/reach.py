"""How far a value sees along an axis of what it was made from."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import NamedTuple

from netlang.ground.integers import ceil_div


class Reach(NamedTuple):
    """Along one axis: pixels that a pixel sees, and how far apart two neighbours begin to look.

    Both are counted in pixels of what is looked at; a step below 1 comes of an enlarged image.
    """

    extent: Fraction
    step: Fraction

    @classmethod
    def of(cls, extent: int, step: int = 1, enlarged: int = 1) -> Reach:
        """A window of `extent` pixels every `step`, or each pixel `enlarged` times."""
        return cls(Fraction(extent), Fraction(step, enlarged))

    @property
    def pixels(self) -> int:
        """The whole pixels that it takes."""
        return ceil(self.extent)

    def then(self, window: Reach) -> Reach:
        """What a window sees that looks at values that see this (Araujo et al. 2019, eq. 2)."""
        return Reach(self.extent + (window.extent - 1) * self.step, self.step * window.step)


PIXEL = Reach.of(1)


def longest(length: int, windows: int) -> int:
    """The most pixels of any of torch's adaptive windows, which begin and end at whole ones."""
    edges = ((i * length // windows, ceil_div((i + 1) * length, windows)) for i in range(windows))
    return max(end - start for start, end in edges)
