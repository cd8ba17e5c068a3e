"""The picture of a race: a bar a contender, as long as its call takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from netlang.bench.contenders import ENGINES, WORDS
from netlang.bench.race import Answer
from netlang.bench.report import Results
from netlang.ground.units import si
from netlang.pictures.palette import PALETTES, Theme
from netlang.pictures.svg import Svg, fit

WIDTH, LEFT, RIGHT = 760, 170, 640
TOP, STEP, THICK, GAP = 104, 24, 16, 40

LEGEND = "bars: medians of the rounds; lines: their quartiles; each network to a scale of its own"


def to_svg(results: Results, place: str, theme: Theme = "light") -> bytes:
    """The cases one below the other, each to a scale of its own.

    Lines reach from the first quartile of the rounds to the third. `place` is where they were
    raced, in words.
    """
    ink = PALETTES[theme]
    height = TOP + sum(GAP + STEP * len(answers) for answers in results.values())
    svg = Svg(WIDTH, height, ink.paper)
    svg.text(24, 34, "What a call takes", size=18, fill=ink.text, bold=True)
    svg.text(24, 54, fit(place, 12, WIDTH - 48), fill=ink.faint)
    svg.text(24, 71, LEGEND, fill=ink.faint)
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
        svg.rect(
            LEFT, y, middle - LEFT, THICK, own if name in ENGINES else other, f"{words}: {time}"
        )
        # On a bar the line has the colour of the paper: ink would be lost there.
        line = y + THICK / 2
        svg.line((first, line), (middle, line), stroke=ink.paper, width=1.5)
        svg.line((middle, line), (third, line), stroke=ink.text, width=1.5)
        svg.text(third + 8, y + THICK - 4, time, fill=ink.faint)
