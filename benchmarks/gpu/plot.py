"""The picture of a file of results: how fast each contender is, by network and batch.

A bar is a contender's speed as a part of its best peer's in the same row, so that networks and
batches have one scale: where a bar of netlang's ends behind the grey line, netlang is faster. The
line at its end lies between the quartiles of its samples; the number is images a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.gpu.contenders import NETLANG, PEERS
from benchmarks.gpu.figures import Row, timed
from benchmarks.gpu.report import LABELS
from netlang.bench.rounds import Spread
from netlang.ground.units import si
from netlang.pictures.palette import PALETTES
from netlang.pictures.svg import Svg

INK = PALETTES["light"]
COLOURS = {
    NETLANG: INK.families["conv"],
    "torch": INK.families["pointwise"],
    "compile": INK.families["norm"],
    "jax": INK.families["pool"],
}

LEFT, TOP, PANEL, GAP = 96, 96, 290, 24
THICK, APART = 11, 16
"""A bar, and what is between one network's and the next."""

ROOM = 64
"""Behind the longest bar, for its number."""


def to_svg(rows: Sequence[Row]) -> bytes:
    """The rows of one device and dtype; a panel a batch size, a group of bars a network."""
    batches = sorted({row["batch"] for row in rows})
    networks = sorted({row["network"] for row in rows})
    names = [name for name in (NETLANG, *PEERS) if any(name in timed(row) for row in rows)]
    group = THICK * len(names) + APART
    width = LEFT + len(batches) * (PANEL + GAP)
    svg = Svg(width, TOP + group * len(networks) + 24, INK.paper)
    first = rows[0]
    svg.text(24, 34, f"{first['device']}, {first['dtype']}", size=18, fill=INK.text, bold=True)
    svg.text(24, 54, "speed as a part of the best peer's, and images a second", fill=INK.faint)
    meanings = {LABELS[name]: COLOURS[name] for name in names}
    svg.legend(LEFT, 74, meanings, 12, width - LEFT, INK.faint)
    longest = max((_speed(row, name) for row in rows for name in timed(row)), default=1.0)
    scale = (PANEL - ROOM) / max(1.0, longest)
    for column, batch in enumerate(batches):
        left = LEFT + column * (PANEL + GAP)
        _draw_panel(svg, f"batch {batch}", left, scale)
        for row in rows:
            if row["batch"] == batch:
                y = TOP + 8 + group * networks.index(row["network"])
                _draw_group(svg, row, names, left, y, scale)
    for number, network in enumerate(networks):
        middle = TOP + 8 + group * number + THICK * len(names) / 2
        svg.text(LEFT - 8, middle + 4, network, anchor="end", fill=INK.text)
    return svg.render()


def _draw_panel(svg: Svg, title: str, left: float, scale: float) -> None:
    svg.text(left, TOP - 4, title, fill=INK.text, bold=True)
    for x, colour in ((left, INK.text), (left + scale, INK.grid)):
        svg.line((x, TOP), (x, svg.height - 16), stroke=colour)


def _draw_group(
    svg: Svg, row: Row, names: Sequence[str], left: float, top: float, scale: float
) -> None:
    spreads = timed(row)
    for number, name in enumerate(names):
        y = top + THICK * number
        if name not in spreads:
            answer = row["contenders"].get(name, {})
            told = next((word for word in ("wrong", "failed") if word in answer), "")
            svg.text(left + 4, y + THICK - 2, told, size=9, fill=INK.faint)
            continue
        spread, length = spreads[name], scale * _speed(row, name)
        images = f"{si(row['batch'] / spread.median)}"
        tip = f"{LABELS[name]}: {images} images/s"
        svg.rect(left, y, length, THICK - 1, COLOURS[name], tip)
        slow, fast = (left + length * spread.median / at for at in (spread.third, spread.first))
        svg.line((slow, y + THICK / 2 - 0.5), (fast, y + THICK / 2 - 0.5), stroke=INK.text)
        svg.text(max(left + length, fast) + 4, y + THICK - 2, images, size=9, fill=INK.text)


def _speed(row: Row, name: str) -> float:
    """Of a contender, as a part of the best peer's; of netlang's where no peer has a time."""
    spreads = timed(row)
    peers = [spread for peer, spread in spreads.items() if peer != NETLANG] or [spreads[NETLANG]]
    best: Spread = min(peers, key=lambda spread: spread.median)
    return best.median / spreads[name].median
