"""The three numbers that pictures compare."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.ground.units import si
from netlang.summary.counts import Counts


@dataclass(frozen=True)
class Measure:
    """One of the counts by its field; `what` it counts, or what takes so many bytes."""

    field: str
    what: str
    unit: str = ""

    def of(self, counts: Counts) -> int:
        """The number."""
        return getattr(counts, self.field)

    def short(self, number: int) -> str:
        """Three digits of a number."""
        return si(number, self.unit)

    def exact(self, number: int) -> str:
        """All of it, in words."""
        return f"{number:,} {'bytes of ' if self.unit else ''}{self.what}"


PARAMETERS = Measure("parameters", "parameters")
MACS = Measure("macs", "MACs an image")
MEMORY = Measure("memory", "activations an image", "B")
