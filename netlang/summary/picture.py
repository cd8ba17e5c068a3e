"""Pictures of what networks count: a treemap of one, or bars of its groups or of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, get_args

from netlang.ground.units import percent
from netlang.ir.graph import Graph
from netlang.kernels.precision import Precision
from netlang.pictures.palette import PALETTES, Palette, Size, Theme, shades, told
from netlang.pictures.svg import LEGEND_STEP, Svg, fit, legend_rows, width_of
from netlang.summary.bars import Row, draw_bars, height_of
from netlang.summary.counts import Summary, depth
from netlang.summary.measures import MACS, PARAMETERS, Measure
from netlang.summary.outline import Outline
from netlang.summary.report import memory_of
from netlang.summary.tiles import draw_tiles, tiles
from netlang.summary.treemap import Rect
from netlang.views.parts import Part

Chart = Literal["treemap", "bars"]

CHARTS: tuple[Chart, ...] = get_args(Chart)

MAPPED = (PARAMETERS, MACS)
"""What there is a treemap of."""

WIDTH, MARGIN, GUTTER = 980, 24, 28
INNER = WIDTH - 2 * MARGIN
SIDE = (INNER - GUTTER) // len(MAPPED)

HEAD, HEADING, FOOT = 80, 46, 48
"""Pixels for the title, for what stands above a treemap, and for the legend."""

TITLE, SMALL = 18, 12


def to_svg(
    *graphs: Graph,
    chart: Chart = "treemap",
    theme: Theme = "light",
    precision: Precision = "float32",
) -> bytes:
    """One network as treemaps or as bars of its groups; of several, which are bars, each is one."""
    first, *others = (Outline(Summary(graph, precision)) for graph in graphs)
    ink = PALETTES[theme]
    if others:
        return _networks([first, *others], ink)
    return _treemaps(first, ink) if chart == "treemap" else _groups(first, ink)


def _head(summary: Summary) -> tuple[str, str]:
    """The title of a picture of one network, and what stands below it."""
    return summary.graph.name, f"{depth(summary.graph)} layers deep; {memory_of(summary)}"


def _page(
    height: int, title: str, note: str, what: str, meanings: Mapping[str, str], ink: Palette
) -> Svg:
    """A page with its head and its legend, as high as this and the legend's further rows.

    `what` says of what the legend tells, ahead of it, where its words do not.
    """
    left = MARGIN + (width_of(what, SMALL) + 16 if what else 0)
    room = WIDTH - MARGIN - left
    more = LEGEND_STEP * (legend_rows(meanings, SMALL, room) - 1) if meanings else 0
    svg = Svg(WIDTH, height + more, ink.paper)
    svg.text(MARGIN, 38, fit(title, TITLE, INNER), size=TITLE, fill=ink.text, bold=True)
    svg.text(MARGIN, 59, note, size=SMALL, fill=ink.faint)
    if what:
        svg.text(MARGIN, height - 20, what, size=SMALL, fill=ink.faint)
    svg.legend(left, height - 20, meanings, SMALL, room, ink.faint)
    return svg


# --------------------------------------------------------------------------- bars


def _groups(outline: Outline, ink: Palette) -> bytes:
    rows = [Row(part.label, outline, part.nodes) for part in outline.parts]
    return _bars(rows, *_head(outline.summary), ink)


def _networks(outlines: Sequence[Outline], ink: Palette) -> bytes:
    rows = [Row(each.summary.graph.name, each, each.folded.graph.nodes) for each in outlines]
    title = ", ".join(row.name for row in rows)
    title = title if width_of(title, TITLE) <= INNER else f"{len(rows)} networks"
    return _bars(rows, title, f"activations in {outlines[0].summary.precision}", ink)


def _bars(rows: Sequence[Row], title: str, note: str, ink: Palette) -> bytes:
    found = {family for row in rows for family in row.families}
    meanings = {f: colour for f, colour in ink.families.items() if f in found}
    height = HEAD + height_of(rows) + FOOT
    svg = _page(height, title, note, "", meanings, ink)
    draw_bars(svg, rows, Rect(MARGIN, HEAD, INNER, height), ink)
    return svg.render()


# --------------------------------------------------------------------------- treemaps


def _treemaps(outline: Outline, ink: Palette) -> bytes:
    sizes = {part.path: _size(part) for part in outline.parts if _weighs(outline, part)}
    colours = shades(sizes.values(), ink)
    meanings = {said: colour.fill for colour, said in told(colours).items()}
    if (1, 1) in sizes.values():
        meanings["1x1"] = ink.plain.fill
    what = "pixels" if meanings else ""
    height = HEAD + HEADING + (SIDE + FOOT if meanings else 0)
    svg = _page(height, *_head(outline.summary), what, meanings, ink)
    groups = {path: colours.get(size, ink.plain) for path, size in sizes.items()}
    for number, measure in enumerate(MAPPED):
        place = Rect(MARGIN + number * (SIDE + GUTTER), HEAD + HEADING, SIDE, SIDE)
        _draw_heading(svg, outline, measure, place.x, ink)
        drawn = list(tiles(outline.parts, partial(_weight, outline, measure), place))
        draw_tiles(svg, drawn, groups, ink, measure)
    return svg.render()


def _weight(outline: Outline, measure: Measure, part: Part) -> int:
    return measure.of(outline.count(part.nodes))


def _weighs(outline: Outline, part: Part) -> bool:
    return any(_weight(outline, measure, part) for measure in MAPPED)


def _size(part: Part) -> Size:
    """The most frequent height and width of its layers' results."""
    return Counter(node.type.pixels for node in part.nodes).most_common(1)[0][0]


def _draw_heading(svg: Svg, outline: Outline, measure: Measure, x: float, ink: Palette) -> None:
    families = Row("", outline, outline.folded.graph.nodes).families
    weights = {family: measure.of(counts) for family, counts in families.items()}
    whole = sum(weights.values())
    svg.text(x, HEAD + 14, measure.exact(whole), size=14, fill=ink.text, bold=True)
    heaviest = sorted(weights, key=lambda family: -weights[family])
    shares = [f"{f} {percent(weights[f] / whole)}" for f in heaviest if weights[f] > whole / 2000]
    listed = ", ".join(shares) or "no layer has any"
    svg.text(x, HEAD + 33, listed, size=SMALL, fill=ink.faint)
