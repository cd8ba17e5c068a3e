"""The three numbers that pictures compare, and the colours of what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.ir.op import Family
from netlang.palette import Palette
from netlang.summary.counts import Counts
from netlang.units import si


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

FAMILIES: tuple[Family, ...] = ("conv", "linear", "norm", "pointwise", "join", "pool")
STAGES = (4, 3, 5, 0, 1, 2)
"""Blue, red, yellow, orange, violet and green, as a profile has them."""


def family_colours(ink: Palette) -> dict[Family, str]:
    """A colour for each family of operators that counts something; `shape` has the plain one."""
    stages = zip(FAMILIES, STAGES, strict=True)
    colours: dict[Family, str] = {family: ink.stages[i].line for family, i in stages}
    colours["shape"] = ink.plain.line
    return colours
