"""Parameters, MACs and activations as bars side by side, made of families of operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from netlang.ground.units import percent
from netlang.ir.graph import Node
from netlang.ir.op import Family
from netlang.pictures.palette import Palette
from netlang.pictures.svg import Svg, fit, width_of
from netlang.summary.counts import Counts
from netlang.summary.measures import MACS, MEMORY, PARAMETERS, Measure
from netlang.summary.outline import Outline
from netlang.summary.treemap import Rect

SIZE, STEP, THICK = 12, 22, 14
"""Pixels of text, from one bar to the next, and of a bar's thickness."""

HEADING = 24
"""Pixels above the first bar."""

GUTTER, WIDEST_NAME = 20, 200
MEASURES = (PARAMETERS, MACS, MEMORY)


@dataclass(frozen=True)
class Row:
    """Some layers of a network under a name."""

    name: str
    outline: Outline
    nodes: tuple[Node, ...]

    @cached_property
    def families(self) -> dict[Family, Counts]:
        """What the operators of each family count."""
        found: dict[Family, Counts] = {}
        for node in self.nodes:
            counts = self.outline.count([node])
            found[node.op.family] = found.get(node.op.family, Counts()) + counts
        return found

    def weight(self, measure: Measure) -> int:
        """One count of all of it."""
        return sum(map(measure.of, self.families.values()))


def height_of(rows: Sequence[Row]) -> int:
    """Pixels that so many bars take."""
    return HEADING + STEP * len(rows)


def draw_bars(svg: Svg, rows: Sequence[Row], within: Rect, ink: Palette) -> None:
    """Draws a row for each bar and a column for each measure, to a scale of its own.

    Names stand at the left. Rows of one network have their shares of it.
    """
    names = min(WIDEST_NAME, max(width_of(row.name, SIZE) for row in rows))
    for number, row in enumerate(rows):
        y = within.y + HEADING + STEP * number + SIZE
        svg.text(within.x, y, fit(row.name, SIZE, names), size=SIZE, fill=ink.text)
    width = (within.width - names) / len(MEASURES) - GUTTER
    for number, measure in enumerate(MEASURES):
        x = within.x + names + GUTTER + number * (width + GUTTER)
        svg.text(x, within.y + SIZE, measure.what, size=SIZE, fill=ink.text, bold=True)
        _draw_column(svg, rows, measure, within._replace(x=x, width=width), ink)


def _draw_column(
    svg: Svg, rows: Sequence[Row], measure: Measure, within: Rect, ink: Palette
) -> None:
    weights = [row.weight(measure) for row in rows]
    # Of several networks none is the whole.
    whole = sum(weights) if len({id(row.outline) for row in rows}) == 1 else 0
    notes = [_note(measure, weight, whole) for weight in weights]
    room = within.width - 6 - max(width_of(note, SIZE) for note in notes)
    for number, (row, weight, note) in enumerate(zip(rows, weights, notes, strict=True)):
        y = within.y + HEADING + STEP * number
        bar = Rect(within.x, y, room * weight / (max(weights) or 1), THICK)
        _draw_bar(svg, row, measure, bar, ink)
        if weight:
            svg.text(bar.x + bar.width + 6, y + SIZE, note, size=SIZE, fill=ink.faint)


def _note(measure: Measure, weight: int, whole: int) -> str:
    return measure.short(weight) + (f", {percent(weight / whole)}" if whole else "")


def _draw_bar(svg: Svg, row: Row, measure: Measure, bar: Rect, ink: Palette) -> None:
    left = row.weight(measure)
    for family, colour in ink.families.items():
        weight = measure.of(row.families.get(family, Counts()))
        if not weight:
            continue
        piece, bar = bar.cut(weight, left, along_x=True)
        left -= weight
        svg.rect(*piece, colour, f"{row.name}, {family}: {measure.exact(weight)}")
