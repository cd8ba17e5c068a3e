"""Where the time goes, by family of operators: as written, and optimized."""

from __future__ import annotations

from typing import get_args

from netlang.cost.model import Profile
from netlang.cost.report import gain
from netlang.ground.units import percent, rate, si
from netlang.ir.op import Family
from netlang.pictures.palette import Palette
from netlang.pictures.svg import Svg, width_of

LEFT, RIGHT, THICK, STEP = 96, 560, 30, 42
SIZE = 12


def draw_bars(svg: Svg, before: Profile, after: Profile, ink: Palette, top: float) -> None:
    """A bar a network to one scale, and which colour is which family."""
    longest = max(before.totals.seconds, after.totals.seconds)
    shown = _times(before).keys() | _times(after).keys()
    meanings = {family: colour for family, colour in ink.families.items() if family in shown}
    svg.legend(LEFT, top, meanings, SIZE, svg.width - LEFT, ink.faint)
    for number, (label, each) in enumerate((("as written", before), ("optimized", after))):
        y = top + 18 + number * STEP
        svg.text(LEFT - 8, y + THICK / 2 + 4, label, anchor="end", fill=ink.text)
        end = _draw_bar(svg, each, ink, y, (RIGHT - LEFT) / longest if longest else 0.0)
        svg.text(end + 8, y + THICK / 2 + 4, _total(before, each), fill=ink.text)


def _times(profile: Profile) -> dict[Family, float]:
    times = dict.fromkeys(get_args(Family), 0.0)
    for floor in profile.floors:
        times[floor.work.family] += floor.seconds
    return {family: seconds for family, seconds in times.items() if seconds}


def _draw_bar(svg: Svg, profile: Profile, ink: Palette, y: float, scale: float) -> float:
    """Draws it and returns where it ends."""
    x = float(LEFT)
    for family, seconds in _times(profile).items():
        width = scale * seconds
        share = percent(seconds / profile.totals.seconds)
        svg.rect(x, y, width, THICK, ink.families[family], f"{family}: {si(seconds, 's')}, {share}")
        if width_of(share, SIZE) + 6 < width:
            middle = x + width / 2
            svg.text(middle, y + THICK / 2 + 4, share, anchor="middle", fill=ink.paper, size=SIZE)
        x += width
    return x


def _total(before: Profile, each: Profile) -> str:
    if not each.floors:
        return "nothing that takes time"
    text = f"{si(each.totals.seconds, 's')}, {rate(each.totals.images_per_second)}"
    return text if each is before else f"{text}, {gain(before, each):.2f}x as fast"
