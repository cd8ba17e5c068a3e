"""Colours of pictures on light paper or dark, of what a network is made of.

A stage of it has one, by its image's size, and a family of operators, where these are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2, prod
from typing import Literal, TypeVar

from netlang.ir.op import Family

Theme = Literal["light", "dark"]

Size = tuple[int, int]
"""Height and width of an image."""


@dataclass(frozen=True)
class Colour:
    """Of one stage: its boxes, what is written in them and around them, and its frame."""

    fill: str
    line: str
    frame: str


@dataclass(frozen=True)
class Palette:
    """Of one theme; a drawing with more stages begins again.

    On the colour of a family one can write in that of the paper.
    """

    paper: str
    text: str
    faint: str
    grid: str
    line: str
    shortcut: str
    plain: Colour
    stages: tuple[Colour, ...]
    marks: Mapping[str, Colour]
    families: Mapping[Family, str]


PALETTES: dict[Theme, Palette] = {
    "light": Palette(
        paper="#ffffff",
        text="#1f2430",
        faint="#6b7280",
        grid="#e4e4e4",
        line="#5b6472",
        shortcut="#c2410c",
        plain=Colour("#eceff3", "#8a93a1", "#f8f9fa"),
        stages=(
            Colour("#f9dcc4", "#c98a5a", "#fef8f3"),
            Colour("#d9d2f5", "#8070c4", "#f8f6fe"),
            Colour("#cbe8cf", "#5d9e68", "#f4fbf5"),
            Colour("#fad1d6", "#c9697a", "#fef5f6"),
            Colour("#c9e0f8", "#5a8fc4", "#f3f8fe"),
            Colour("#fbebb5", "#b99a2e", "#fefbee"),
            Colour("#c9ebe8", "#4f9d96", "#f2fbfa"),
            Colour("#f1bdee", "#b25fac", "#fdf4fc"),
            Colour("#d4e68e", "#7a9322", "#f9fcee"),
            Colour("#f0b49c", "#b4603c", "#fdf1ec"),
            Colour("#b4bdf2", "#5763bd", "#f1f3fe"),
            Colour("#d3c6b1", "#8e7a58", "#f8f5f0"),
        ),
        marks={
            "same": Colour("#f3f4f6", "#a3abb8", "#fafbfc"),
            "added": Colour("#c6ecd9", "#0b7a55", "#effaf5"),
            "removed": Colour("#fbe0e6", "#c02650", "#fef6f8"),
            "changed": Colour("#fde9b6", "#a86a00", "#fffaf0"),
        },
        families={
            "conv": "#2166ac",
            "linear": "#a8327d",
            "norm": "#a56800",
            "pool": "#1a7f5a",
            "pointwise": "#c0432b",
            "join": "#6a51a3",
            "shape": "#666666",
        },
    ),
    "dark": Palette(
        paper="#0f141b",
        text="#e6e9ef",
        faint="#9aa4b2",
        grid="#2a313c",
        line="#8b95a5",
        shortcut="#fb923c",
        plain=Colour("#2a313c", "#667183", "#161c24"),
        stages=(
            Colour("#573a24", "#d09464", "#1b1712"),
            Colour("#3a3268", "#9a8bdc", "#171628"),
            Colour("#22492b", "#6fb57c", "#121e18"),
            Colour("#5c2a35", "#dd7d8e", "#1e151b"),
            Colour("#1f4166", "#6ca5dd", "#111b28"),
            Colour("#55470f", "#ccae45", "#1c1a12"),
            Colour("#184945", "#5fb3ab", "#101e20"),
            Colour("#5b2a5e", "#d585d0", "#1e1420"),
            Colour("#4d6110", "#a5bd4c", "#181b10"),
            Colour("#7a3114", "#ee8a5e", "#21140f"),
            Colour("#2a3a8c", "#8c9bf5", "#121733"),
            Colour("#5f5a50", "#c4b79f", "#1a1815"),
        ),
        marks={
            "same": Colour("#1f2630", "#5b6676", "#141a21"),
            "added": Colour("#0f4a37", "#3ecf9a", "#0f1f1b"),
            "removed": Colour("#4a1a2b", "#f47c9b", "#1d1218"),
            "changed": Colour("#54400c", "#f0b63f", "#1d190f"),
        },
        families={
            "conv": "#6ca5dd",
            "linear": "#d97bb5",
            "norm": "#ccae45",
            "pool": "#5fb58f",
            "pointwise": "#e08a70",
            "join": "#9a8bdc",
            "shape": "#8b95a5",
        },
    ),
}


def shades(sizes: Iterable[Size], palette: Palette) -> dict[Size, Colour]:
    """A colour for each size of image, the largest first; single pixels have the plain one.

    Sizes of one octave share a colour, like 56x56 and 55x55 of two networks: strides halve an
    image, and there are colours for every halving.
    """
    ordered = sorted(set(sizes) - {(1, 1)}, reverse=True)
    octaves = sorted({_octave(size) for size in ordered}, reverse=True)
    stages = palette.stages
    return {size: stages[octaves.index(_octave(size)) % len(stages)] for size in ordered}


T = TypeVar("T")


def told(looks: Mapping[Size, T]) -> dict[T, str]:
    """What a legend says of each look of sizes, one behind the other: `56x56 to 55x55`."""
    sizes: dict[T, list[str]] = {}
    for (height, width), look in looks.items():
        sizes.setdefault(look, []).append(f"{height}x{width}")
    return {look: " to ".join([first, *others[-1:]]) for look, (first, *others) in sizes.items()}


def _octave(size: Size) -> int:
    """How often the image can be halved, about."""
    return round(log2(prod(size)) / 2)


def mixed(colour: str, other: str, share: float) -> str:
    """A colour with a share of another in it."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()
