"""Errors over iterations as a picture: dashed in training, bold in validation, and the steps of
the rate (He et al. 2015, Figure 6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import floor, inf, log10

from netlang.ground.integers import ceil_div
from netlang.ground.units import si
from netlang.pictures.palette import PALETTES, Palette, Theme
from netlang.pictures.svg import Svg, fit
from netlang.training.loop import Row
from netlang.training.recipe import Recipe
from netlang.training.schedule import Change, changes

WIDTH, HEIGHT = 760, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 610, 92, 380
LINE = 15
"""Pixels from a text to the next."""

ROOM = 72
"""Pixels that a rate needs for its words."""


@dataclass(frozen=True)
class Axis:
    """0 to a round number, between two pixels."""

    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        return self.first + value / self.high * (self.last - self.first)

    @property
    def ticks(self) -> list[float]:
        """Four to ten round numbers."""
        step = _step(self.high)
        return [number * step for number in range(floor(self.high / step + 1e-9) + 1)]


def to_svg(name: str, recipe: Recipe, rows: Sequence[Row], theme: Theme = "light") -> bytes:
    """The picture of a training of at least one epoch; `name` is the network's."""
    ink = PALETTES[theme]
    svg = Svg(WIDTH, HEIGHT, ink.paper)
    svg.text(24, 36, fit(name, 18, WIDTH - 48), size=18, fill=ink.text, bold=True)
    svg.text(24, 57, "error in %, over iterations", fill=ink.faint)
    errors = [row.training_error for row in rows]
    errors += [row.validation_error for row in rows if row.validation_error is not None]
    top = 100 * max(*errors, 0.01)
    x = Axis(rows[-1].iterations, LEFT, RIGHT)
    y = Axis(_step(top) * ceil_div(top, _step(top)), BOTTOM, TOP)
    _draw_grid(svg, x, y, ink)
    _draw_rates(svg, changes(recipe, [(r.iterations, r.validation_error) for r in rows]), x, ink)
    _draw_curves(svg, rows, x, y, ink)
    return svg.render()


def _draw_grid(svg: Svg, x: Axis, y: Axis, ink: Palette) -> None:
    for value in y.ticks:
        svg.line((LEFT, y.at(value)), (RIGHT, y.at(value)), stroke=ink.plain.fill)
        svg.text(LEFT - 10, y.at(value) + 4, f"{value:g}", anchor="end", fill=ink.faint)
    for value in filter(float.is_integer, x.ticks):
        svg.text(x.at(value), BOTTOM + 20, si(value, trim=True), anchor="middle", fill=ink.faint)
    svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM), stroke=ink.line)


def _draw_rates(svg: Svg, rates: Iterable[Change], x: Axis, ink: Palette) -> None:
    """The first rate, and a line where it falls to a half or less; with the new one, if it fits."""
    free, before = 0.0, inf
    for iterations, rate in rates:
        place, has_fallen = x.at(iterations), rate < before and rate <= before / 2
        if has_fallen and iterations:
            svg.line((place, TOP - 14), (place, BOTTOM), stroke=ink.plain.line, dashed=True)
        if has_fallen and place > free:
            svg.text(place + 5, TOP - 5, f"rate {rate:.3g}", size=11, fill=ink.faint)
            free = place + ROOM
        before = rate


def _draw_curves(svg: Svg, rows: Sequence[Row], x: Axis, y: Axis, ink: Palette) -> None:
    training = [(row.iterations, row.training_error) for row in rows]
    tested = [(r.iterations, r.validation_error) for r in rows if r.validation_error is not None]
    colour = ink.stages[4].line
    ends = list[tuple[float, str]]()
    for what, points, width in (("training", training, 1.2), ("validation", tested, 2.2)):
        if points:
            line = [(x.at(iterations), y.at(100 * error)) for iterations, error in points]
            if len(line) > 1:
                svg.line(*line, stroke=colour, width=width, dashed=what == "training")
            else:
                svg.circle(*line[0], 2 * width, colour)
            ends.append((line[-1][1], f"{what} {points[-1][1]:.1%}"))
    for place, words in _apart(ends):
        svg.text(RIGHT + 10, place + 4, words, fill=ink.text)


def _apart(ends: Sequence[tuple[float, str]]) -> Iterator[tuple[float, str]]:
    """Words where their curves end, those below moved down where they would touch."""
    free = 0.0
    for place, words in sorted(ends):
        free = max(place, free)
        yield free, words
        free += LINE


def _step(top: float) -> float:
    """The round number that goes four to ten times into another."""
    power = 10.0 ** floor(log10(top))
    return power * next(step for step in (0.1, 0.2, 0.5, 1) if top / (power * step) <= 10)
