"""The page: networks one below the other, each with a title and rows of feature maps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from netlang.backends.draw.style import LARGEST, TITLE, View
from netlang.backends.draw.volumes.beams import beams
from netlang.backends.draw.volumes.layout import LINE, MARGIN, Row, Scale, exit_of, rows
from netlang.backends.draw.volumes.maps import Map, maps
from netlang.backends.draw.volumes.pen import Pen
from netlang.ground.units import si
from netlang.ir.graph import Graph
from netlang.pictures.palette import shades
from netlang.pictures.svg import Svg, width_of

EDGE = 28
"""Around the page and between its rows, in pixels."""


def to_svg(*graphs: Graph, view: View | None = None) -> bytes:
    """Sequential networks one below the other, their maps as boxes from left to right.

    Lengths grow with the square root of what they show, to one scale for all networks. Raises
    `NetError` where a network branches.
    """
    view = view or View()
    drawn = [maps(graph, view.flat) for graph in graphs]
    everything = [each for found in drawn for each in found]
    scale = Scale.of(everything)
    heading = EDGE + LARGEST if view.title else 0
    panels: list[Panel] = []
    for graph, found in zip(graphs, drawn, strict=True):
        top = panels[-1].bottom if panels else heading
        said = rows(found, scale, lambda each: [*each.words, *_parameters(each.parameters, view)])
        total = _parameters(sum(map(graph.parameters, graph)), view)
        panels.append(_panel(", ".join([graph.name, *total]), said, top))
    ends = [panel.right for panel in panels]
    width = ceil(max(EDGE + width_of(view.title, LARGEST), *ends) + EDGE)
    svg = Svg(width, ceil(panels[-1].bottom + EDGE), view.palette.paper)
    pen = Pen(svg, view.palette, shades(_sizes(everything), view.palette))
    if view.title:
        pen.title(view.title, EDGE, heading, LARGEST)
    for panel in panels:
        _draw(pen, panel)
    return svg.render()


@dataclass(frozen=True)
class Line:
    """A row on the page; what is said of its maps begins at `words`, all of it ends at `bottom`."""

    row: Row
    words: float
    bottom: float


@dataclass(frozen=True)
class Panel:
    """A network on the page, from its title down."""

    title: str
    top: float
    lines: tuple[Line, ...]

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.lines[-1].bottom

    @property
    def right(self) -> float:
        """How far it reaches."""
        rows = [line.row for line in self.lines]
        ends = [max(volume.right, volume.end) for row in rows for volume in row]
        exits = [exit_of(before, after).right for before, after in pairwise(rows)]
        return max([EDGE + width_of(self.title, TITLE), *ends, *exits])


def _draw(pen: Pen, panel: Panel) -> None:
    pen.title(panel.title, EDGE, panel.top + EDGE + TITLE)
    for line in panel.lines:
        pen.row(line.row, line.words)
    for before, after in pairwise(panel.lines):
        pen.turn(before.row, after.row, EDGE, before.bottom + EDGE / 2)


def _panel(title: str, found: Iterable[Row], top: float) -> Panel:
    lines: list[Line] = []
    for row in found:
        lines.append(_line(row, (lines[-1].bottom if lines else top + EDGE + TITLE) + EDGE))
    return Panel(title, top, tuple(lines))


def _line(row: Row, top: float) -> Line:
    """A row with its highest pixel at `top`."""
    ends = [volume.bottom for volume in row]
    for before, after in pairwise(row):
        lowest = max(beam.bottom for beam in beams(before, after))
        ends.append(lowest + len(after.map.making) * LINE)
    axis = top - min(volume.top for volume in row)
    words = axis + max(ends) + MARGIN
    bottom = words + LINE * max(len(volume.words) for volume in row)
    return Line(tuple(volume.moved(EDGE, axis) for volume in row), words, bottom)


def _sizes(everything: Iterable[Map]) -> list[tuple[int, int]]:
    return [each.type.pixels for each in everything if each.given]


def _parameters(number: int, view: View) -> list[str]:
    return [f"{si(number)} params"] if view.params and number else []
