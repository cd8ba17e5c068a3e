"""What a drawing looks like: its text, its lines, and what of a network it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netlang.diff import Mark
from netlang.pictures import svg
from netlang.pictures.palette import PALETTES, Palette, Theme

FONT = svg.FONT.replace(" ", "")  # as Graphviz's own pictures have it
SMALL, NORMAL, LARGE, TITLE, LARGEST = 10, 11, 13, 20, 24
"""Sizes of text, in points."""


@dataclass(frozen=True)
class View:
    """What to draw of a network, and how.

    Repeats are folded unless `flat`, or in a group to `expand`; below `depth` levels of groups
    everything is one box. `shapes` and `params` add a line to each box. `title` stands above all;
    each network has its own name above it besides.
    """

    theme: Theme = "light"
    horizontal: bool = False
    shapes: bool = False
    params: bool = False
    flat: bool = False
    expand: tuple[str, ...] = ()
    depth: int | None = None
    title: str = ""

    @property
    def palette(self) -> Palette:
        """The colours."""
        return PALETTES[self.theme]


def shortcut_look(kind: str, palette: Palette) -> dict[str, str]:
    """The attributes of a line that is a shortcut, none for others; the legend shows the same."""
    if kind == "identity":
        return {"color": palette.shortcut, "penwidth": "1.5"}
    if kind == "reshaped":
        return {"color": palette.shortcut, "penwidth": "2", "style": "dotted"}
    return {}


def bare_look(palette: Palette) -> dict[str, str]:
    """The attributes of a box that no kernel computes; the legend shows the same."""
    return {"style": "rounded,filled,dashed", "fillcolor": palette.paper}


SIGNS: Mapping[Mark, str] = {"added": "+", "removed": "−", "changed": "±"}
"""What is written ahead of the words of what differs: colours alone do not tell it to everybody."""


def mark_style(mark: Mark) -> str:
    """The outline of a box or frame."""
    return "rounded,filled,dashed" if mark == "removed" else "rounded,filled"


def width_of(text: str, size: int = NORMAL) -> float:
    """How wide a line of text is at most, in points.

    Graphviz measures with Helvetica; where a viewer has no such font it takes a wider one, which
    has more room here than in pictures whose text netlang places itself.
    """
    return svg.width_of(text, size, mean=0.62)
