"""Just enough SVG: shapes and text in the order in which they are drawn, in given colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from math import ceil
from typing import Literal

from netlang.ground.columns import shortened

Anchor = Literal["start", "middle", "end"]

FONT = "Helvetica, Arial, sans-serif"
MEAN = 0.6
"""The width of a character as a part of the font's size: the mean of a line, on the safe side."""

SQUARE, BETWEEN, LEGEND_STEP = 12, 16, 20
"""A square of a legend, what lies between columns, and from one row to the next: pixels."""

HALO = 6
"""The width of the stroke around letters, half of which is outside of them."""


def width_of(text: str, size: float, mean: float = MEAN) -> float:
    """Pixels that a line needs at most: an SVG cannot measure its text."""
    return mean * size * len(text)


def fit(text: str, size: float, width: float) -> str:
    """The text, its middle left out where it would be too wide."""
    return shortened(text, int(width / (MEAN * size)))


def legend_rows(meanings: Mapping[str, str], size: float, width: float) -> int:
    """How many rows a legend has that may be so wide."""
    return ceil(len(meanings) / _columns(meanings, size, width)[0])


def _columns(meanings: Mapping[str, str], size: float, width: float) -> tuple[int, float]:
    """The columns of a legend, and from one to the next: all are as wide as the widest."""
    widest = max((width_of(meaning, size) for meaning in meanings), default=0.0)
    pitch = SQUARE + 6 + widest + BETWEEN
    return max(1, int((width + BETWEEN) // pitch)), pitch


class Svg:
    """A picture of so many pixels on paper of a colour; equal calls give equal bytes."""

    def __init__(self, width: int, height: int, paper: str):
        self.width, self.height, self.paper = width, height, paper
        self._elements: list[str] = []
        self.rect(0, 0, width, height, paper)

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, tip: str = ""
    ) -> None:
        """A box without an edge; `tip` is what a browser shows over it."""
        self._add(
            f'rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"', fill, tip
        )

    def circle(self, x: float, y: float, radius: float, fill: str, tip: str = "") -> None:
        """A translucent disc with an edge of the paper's colour."""
        look = f'fill-opacity="0.7" stroke="{self.paper}" stroke-width="0.7"'
        self._add(f'circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}" {look}', fill, tip)

    def line(
        self,
        *points: tuple[float, float],
        stroke: str,
        width: float = 1,
        dashed: bool = False,
    ) -> None:
        """A line through points."""
        dashes = ' stroke-dasharray="3 3"' if dashed else ""
        look = f"{_outline(stroke, width)}{dashes}"
        self._add(f'polyline points="{_path(points)}" {look}', "none")

    def polygon(
        self,
        points: Iterable[tuple[float, float]],
        fill: str,
        stroke: str,
        width: float = 1,
        tip: str = "",
        opacity: float = 1,
    ) -> None:
        """A face with an edge; `opacity` is that of the face."""
        seen = f' fill-opacity="{_n(opacity)}"' if opacity < 1 else ""
        look = f'{_outline(stroke, width)} stroke-linejoin="round"{seen}'
        self._add(f'polygon points="{_path(points)}" {look}', fill, tip)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        anchor: Anchor = "start",
        fill: str,
        turn: float = 0,
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        """A line whose baseline is at `y`, turned by degrees about its anchor.

        A halo of the paper's colour around the letters keeps lines off them.
        """
        place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}" text-anchor="{anchor}"'
        turned = f' transform="rotate({_n(turn)} {_n(x)} {_n(y)})"' if turn else ""
        weight = ' font-weight="bold"' if bold else ""
        around = f' paint-order="stroke" {_outline(self.paper, HALO)}' if halo else ""
        look = f'{turned}{weight}{around} fill="{fill}"'
        self._elements.append(f"<text {place}{look}>{escape(text, quote=False)}</text>")

    def legend(
        self,
        x: float,
        y: float,
        meanings: Mapping[str, str],
        size: float,
        width: float,
        fill: str,
    ) -> None:
        """What colours mean, by meaning: squares with words, the first on a baseline at `y`.

        They stand in columns, in as many rows as `legend_rows` says. Squares have an edge in the
        colour of the words: that of a fill on paper may be next to nothing.
        """
        columns, pitch = _columns(meanings, size, width)
        for number, (meaning, colour) in enumerate(meanings.items()):
            left, base = x + number % columns * pitch, y + number // columns * LEGEND_STEP
            right, top, bottom = left + SQUARE, base + 2 - SQUARE, base + 2
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            self.polygon(corners, colour, fill, 0.8)
            self.text(right + 6, base, meaning, size=size, fill=fill)

    def render(self) -> bytes:
        """The file."""
        size = f'width="{self.width}" height="{self.height}"'
        box = f'viewBox="0 0 {self.width} {self.height}"'
        opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box} font-family="{FONT}">'
        return "\n".join([opening, *self._elements, "</svg>", ""]).encode()

    def _add(self, element: str, fill: str, tip: str = "") -> None:
        name = element.partition(" ")[0]
        inside = f"<title>{escape(tip, quote=False)}</title>" if tip else ""
        self._elements.append(f'<{element} fill="{fill}">{inside}</{name}>')


def _path(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _outline(stroke: str, width: float) -> str:
    return f'stroke="{stroke}" stroke-width="{_n(width)}"'


def _n(number: float) -> str:
    """Two decimals at most, so that another machine's last bit changes no file."""
    return f"{number:.2f}".rstrip("0").rstrip(".").replace("-0", "0", number > -0.005)
