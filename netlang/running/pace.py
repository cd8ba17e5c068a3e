"""How fast long work goes, and when it will be over."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from netlang.ground.units import clock, rate

WIDTH = 60
"""Of the line, in characters: it covers a longer one that stood there before."""

LONG = 5.0
"""Seconds from which on work is long enough to be told how fast it went."""


class Pace:
    """Counts images as they are done, of a total that is known; `clock` gives seconds."""

    def __init__(self, total: int, clock: Callable[[], float] = perf_counter):
        self.total, self.done = total, 0
        self._clock, self._start = clock, clock()

    @property
    def seconds(self) -> float:
        """Since the first began."""
        return self._clock() - self._start

    def line(self) -> str:
        """`120 of 10,000 images, 35.1 images/s, 4:41 left`."""
        line = f"{self.done:,} of {self.total:,} {'image' if self.total == 1 else 'images'}"
        return (f"{line}, {self.speed()}" if self.done else line).ljust(WIDTH)

    def speed(self) -> str:
        """`35.1 images/s, 4:41 left`, once there is any done."""
        speed = self.done / self.seconds
        return f"{rate(speed)}, {clock((self.total - self.done) / speed)} left"

    def summary(self) -> str:
        """`10,000 images in 285 s: 35.1 images/s`."""
        seconds = self.seconds
        images = "image" if self.done == 1 else "images"
        return f"{self.done:,} {images} in {seconds:.0f} s: {rate(self.done / seconds)}"
