"""The roofline (Williams, Waterman and Patterson 2009): what a layer can reach, by its intensity.

A floor is what a perfect kernel takes, so every point lies on the roof. Its place says which of
memory and arithmetic holds it there, its area how much of the time it takes. Layers that repeat,
and so would lie on one another, share a point as large as all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, ceil, cos, degrees, floor, log10, sin, sqrt

from netlang.cost.model import Floor, Profile
from netlang.ground.units import percent, si
from netlang.pictures.palette import Palette
from netlang.pictures.svg import Svg

LEFT, RIGHT, HEIGHT = 96, 836, 340
LARGEST = 20.0
"""The radius of a point that takes all the time."""
CLEAR = LARGEST + 4
"""How far above the roof its limits are written: clear of any point, with room for descenders."""


@dataclass(frozen=True)
class Axis:
    """The logarithms of `low` to `high` between two pixels."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """The pixel of a value."""
        share = log10(value / self.low) / log10(self.high / self.low)
        return self.first + share * (self.last - self.first)

    @property
    def ticks(self) -> list[float]:
        """1, 2, 5, 10, …; powers of ten alone where those would be too many."""
        exponents = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        steps = (1, 2, 5) if log10(self.high / self.low) < 4.5 else (1,)
        ticks = (step * 10.0**exponent for exponent in exponents for step in steps)
        return [tick for tick in ticks if self.low <= tick <= self.high]


@dataclass(frozen=True)
class Roof:
    """A device's limits for a dtype, and the axes that hold them and some layers."""

    bandwidth: float
    rate: float
    x: Axis
    y: Axis

    def point(self, intensity: float) -> tuple[float, float]:
        """Where the roof is at an intensity, in pixels."""
        return self.x.at(intensity), self.y.at(min(self.rate, intensity * self.bandwidth))


def draw_roofline(svg: Svg, profile: Profile, ink: Palette, top: float) -> None:
    """The plot, from `top` on; layers without arithmetic have no place in it and are told of."""
    products = [floor for floor in profile.floors if floor.flops]
    roof = _roof(profile, products, top)
    _draw_grid(svg, roof, ink)
    _draw_roof(svg, profile, roof, ink)
    for layers in _points(products):
        _draw_point(svg, profile, roof, ink, layers)
    svg.text(RIGHT, top + HEIGHT + 54, _rest(profile), anchor="end", fill=ink.faint)


def _points(products: list[Floor]) -> list[list[Floor]]:
    """The layers that lie on one another; large points first, or small ones would be lost."""
    points: dict[tuple[str, float], list[Floor]] = {}
    for layer in products:
        points.setdefault((layer.work.family, layer.intensity), []).append(layer)
    return sorted(points.values(), key=lambda layers: -sum(layer.seconds for layer in layers))


def _draw_point(svg: Svg, profile: Profile, roof: Roof, ink: Palette, layers: list[Floor]) -> None:
    share = profile.share(layers)
    first = layers[0]
    more = f" and {len(layers) - 1} more" if len(layers) > 1 else ""
    seconds = si(sum(layer.seconds for layer in layers), "s")
    tip = f"{first.work.name} ({first.work.caption}){more}: {seconds}, {percent(share)}"
    radius = max(2.5, LARGEST * sqrt(share))
    svg.circle(*roof.point(first.intensity), radius, ink.families[first.work.family], tip)


def _roof(profile: Profile, products: list[Floor], top: float) -> Roof:
    device = profile.device
    bandwidth, rate = device.bandwidth, device.rates[profile.dtype]
    # The ridge stands among the layers, with room on both sides for what the roof says.
    seen = [layer.intensity for layer in products] + [device.ridge(profile.dtype)]
    low, high = min(seen) / 4, 3 * max(seen)
    return Roof(
        bandwidth,
        rate,
        Axis(low, high, LEFT, RIGHT),
        Axis(low * bandwidth, 2.5 * rate, top + HEIGHT, top),
    )


def _draw_grid(svg: Svg, roof: Roof, ink: Palette) -> None:
    top, bottom = roof.y.last, roof.y.first
    for value in roof.x.ticks:
        x = roof.x.at(value)
        svg.line((x, top), (x, bottom), stroke=ink.grid)
        svg.text(x, bottom + 18, f"{value:g}", anchor="middle", fill=ink.faint)
    for value in roof.y.ticks:
        y = roof.y.at(value)
        svg.line((LEFT, y), (RIGHT, y), stroke=ink.grid)
        svg.text(LEFT - 8, y + 4, si(value, "FLOP/s", trim=True), anchor="end", fill=ink.faint)
    svg.text(LEFT - 8, top - 12, "FLOP/s", anchor="end", fill=ink.faint)
    across = "FLOP/byte (both axes are logarithmic)"
    svg.text((LEFT + RIGHT) / 2, bottom + 36, across, anchor="middle", fill=ink.faint)


def _draw_roof(svg: Svg, profile: Profile, roof: Roof, ink: Palette) -> None:
    ridge = roof.rate / roof.bandwidth
    start, corner, end = map(roof.point, (roof.x.low, ridge, roof.x.high))
    svg.line(start, corner, end, stroke=ink.text, width=1.5)
    text = si(roof.rate, "FLOP/s", trim=True)
    svg.text(RIGHT - 6, end[1] - CLEAR, text, anchor="end", fill=ink.text, bold=True)
    slope = atan2(corner[1] - start[1], corner[0] - start[0])
    x, y = (a + 0.35 * (b - a) for a, b in zip(start, corner, strict=True))
    x, y = x + CLEAR * sin(slope), y - CLEAR * cos(slope)
    text = si(roof.bandwidth, "B/s", trim=True)
    svg.text(x, y, text, turn=degrees(slope), bold=True, anchor="middle", fill=ink.text)
    lines = [f"the roof bends at {ridge:.0f} FLOP/byte", *_bounds(profile)]
    for number, line in enumerate(lines):
        y = roof.y.first - 52 + 20 * number
        svg.text(RIGHT - 10, y, line, anchor="end", fill=ink.text, halo=True)


def _bounds(profile: Profile) -> list[str]:
    """What takes the time, if anything does."""
    if not profile.floors:
        return []
    compute = profile.share(layer for layer in profile.floors if layer.bound == "compute")
    memory = f"bound by memory: {percent(1 - compute)} of the time"
    return [memory, f"bound by compute: {percent(compute)}"]


def _rest(profile: Profile) -> str:
    others = [floor for floor in profile.floors if not floor.flops]
    area = "area: share of the time"
    if not others:
        return area
    share = percent(profile.share(others))
    layers = "1 layer" if len(others) == 1 else f"{len(others)} layers"
    return f"{area}; {layers} without a product ({share}) not shown"
