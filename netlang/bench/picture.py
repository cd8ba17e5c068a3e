"""The picture of a race: a bar a contender, as long as its call takes."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import quantiles

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
    ends = {name: quantiles(answer.seconds, n=4) for name, answer in answers.items()}
    scale = (RIGHT - LEFT) / max(third for _, _, third in ends.values())
    for number, (name, answer) in enumerate(answers.items()):
        y, (first, middle, third) = top + number * STEP, ends[name]
        words = WORDS.get(name, name)
        svg.text(LEFT - 8, y + THICK - 4, words, anchor="end", fill=ink.text)
        tip = f"{words}: {si(answer.median, 's')}"
        svg.rect(LEFT, y, scale * middle, THICK, own if name in ENGINES else other, tip)
        line = y + THICK / 2
        svg.line((LEFT + scale * first, line), (LEFT + scale * third, line), stroke=ink.text)
        svg.text(LEFT + scale * third + 8, y + THICK - 4, si(answer.median, "s"), fill=ink.faint)
