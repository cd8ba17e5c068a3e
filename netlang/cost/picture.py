"""The picture of a profile: the roofline above, where the time goes below."""

from __future__ import annotations

from netlang.cost.bars import draw_bars
from netlang.cost.model import Profile
from netlang.cost.report import limits, title
from netlang.cost.roofline import draw_roofline
from netlang.palette import PALETTES, Theme
from netlang.svg import Svg, fit

WIDTH, HEIGHT = 860, 622


def to_svg(before: Profile, after: Profile, theme: Theme = "light") -> bytes:
    """The optimized network under the device's roof, and its time beside that as written."""
    ink = PALETTES[theme]
    svg = Svg(WIDTH, HEIGHT, ink.paper)
    svg.text(24, 34, fit(title(after), 18, WIDTH - 48), size=18, fill=ink.text, bold=True)
    svg.text(24, 54, limits(after), fill=ink.faint)
    draw_roofline(svg, after, ink, top=78)
    draw_bars(svg, before, after, ink, top=500)
    return svg.render()
