"""The picture of a race: a bar a contender, as long as its call takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from netlang.bench.contenders import ENGINES, WORDS
from netlang.bench.race import Answer
from netlang.bench.report import Results, where
from netlang.palette import PALETTES, Theme
from netlang.svg import Svg, fit
from netlang.units import si

WIDTH, LEFT, RIGHT = 760, 170, 640
TOP, STEP, THICK, GAP = 84, 24, 16, 40


def to_svg(results: Results, theme: Theme = "light", place: str = "") -> bytes:
    """The cases one below the other, each to a scale of its own.

    Lines reach from the first quartile of the rounds to the third. `place` is the machine, in
    words: this one unless told otherwise.
    """
    ink = PALETTES[theme]
    height = TOP + sum(GAP + STEP * len(answers) for answers in results.values())
    svg = Svg(WIDTH, height, ink.paper)
    svg.text(24, 34, "What a call takes", size=18, fill=ink.text, bold=True)
    svg.text(24, 54, fit(place or where(), 12, WIDTH - 48), fill=ink.faint)
    y = float(TOP)
    for case, answers in results.items():
        svg.text(24, y, case, size=13, fill=ink.text, bold=True)
        _draw_bars(svg, answers, y + 12, theme)
        y += GAP + STEP * len(answers)
    return svg.render()


def _draw_bars(svg: Svg, answers: Mapping[str, Answer], top: float, theme: Theme) -> None:
    ink = PALETTES[theme]
    own, other = ink.marks["added"].line, ink.plain.line
    spreads = {name: answer.spread for name, answer in answers.items()}
    scale = (RIGHT - LEFT) / max(spread.third for spread in spreads.values())
    for number, (name, spread) in enumerate(spreads.items()):
        y, time = top + number * STEP, si(spread.median, "s")
        first, middle, third = (LEFT + scale * seconds for seconds in astuple(spread))
        words = WORDS.get(name, name)
        svg.text(LEFT - 8, y + THICK - 4, words, anchor="end", fill=ink.text)
        colour = own if name in ENGINES else other
        svg.rect(LEFT, y, middle - LEFT, THICK, colour, f"{words}: {time}")
        svg.line((first, y + THICK / 2), (third, y + THICK / 2), stroke=ink.text)
        svg.text(third + 8, y + THICK - 4, time, fill=ink.faint)
