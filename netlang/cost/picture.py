"""The picture of a profile: the roofline above, where the time goes below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netlang.cost.bars import draw_bars
from netlang.cost.model import Profile
from netlang.cost.report import limits, title
from netlang.cost.roofline import draw_roofline
from netlang.pictures.palette import PALETTES, Theme
from netlang.pictures.svg import Svg, fit

WIDTH, HEIGHT = 860, 640


def to_svg(
    before: Profile,
    after: Profile,
    theme: Theme = "light",
    settings: Mapping[str, str] | None = None,
) -> bytes:
    """The optimized network under the device's roof, and its time beside that as written.

    `settings` are those that the network was made with.
    """
    ink = PALETTES[theme]
    svg = Svg(WIDTH, HEIGHT, ink.paper)
    svg.text(24, 34, _head(after, settings or {}), size=18, fill=ink.text, bold=True)
    svg.text(24, 54, limits(after), fill=ink.faint)
    draw_roofline(svg, after, ink, top=96)
    draw_bars(svg, before, after, ink, top=518)
    return svg.render()


def _head(profile: Profile, settings: Mapping[str, str]) -> str:
    own = ", ".join(f"{name}={value}" for name, value in settings.items())
    network = f"{profile.network} ({own})" if own else profile.network
    return fit(title(replace(profile, network=network)), 18, WIDTH - 48)
