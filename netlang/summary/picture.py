"""Pictures of what networks count: a treemap of one, or bars of its groups or of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal, get_args

from netlang.ir.graph import Graph
from netlang.kernels.kernel import Precision
from netlang.palette import PALETTES, Palette, Size, Theme, shades
from netlang.summary.bars import Row, draw_bars, height_of
from netlang.summary.counts import Summary, depth
from netlang.summary.measures import MACS, PARAMETERS, Measure, family_colours
from netlang.summary.parts import Outline, Part
from netlang.summary.tiles import draw_tiles, tiles
from netlang.summary.treemap import Rect
from netlang.svg import Svg, fit
from netlang.units import percent, si

Chart = Literal["treemap", "bars"]

CHARTS: tuple[Chart, ...] = get_args(Chart)

WIDTH, MARGIN, GUTTER = 980, 24, 28
HEAD, HEADING, FOOT = 80, 46, 48
"""Pixels for the title, for what stands above a treemap, and for the legend."""

SIDE = (WIDTH - 2 * MARGIN - GUTTER) // 2
"""Of each of two treemaps."""


MAPPED = (PARAMETERS, MACS)


def to_svg(
    *graphs: Graph,
    chart: Chart = "treemap",
    theme: Theme = "light",
    precision: Precision = "float32",
) -> bytes:
    """One network as treemaps or as bars of its groups; of several, which are bars, each is one."""
    outlines = [Outline(Summary(graph, precision)) for graph in graphs]
    if len(outlines) == 1 and chart == "treemap":
        return _treemaps(outlines[0], PALETTES[theme])
    return _bars(outlines, PALETTES[theme])


def _page(height: int, title: str, note: str, meanings: Mapping[str, str], ink: Palette) -> Svg:
    svg = Svg(WIDTH, height, ink.paper)
    svg.text(MARGIN, 38, fit(title, 18, WIDTH - 2 * MARGIN), size=18, fill=ink.text, bold=True)
    svg.text(MARGIN, 59, note, size=12, fill=ink.faint)
    svg.legend(MARGIN, height - 20, meanings, 12, ink.faint)
    return svg


def _note(summary: Summary) -> str:
    weights, activations = si(summary.weights_memory, "B"), si(summary.total.memory, "B")
    memory = f"{weights} of weights, {activations} of activations an image"
    peak = f"at most {si(summary.peak_memory, 'B')} at once"
    return f"{depth(summary.graph)} layers deep; {summary.precision}: {memory}, {peak}"


# --------------------------------------------------------------------------- bars


def _bars(outlines: Sequence[Outline], ink: Palette) -> bytes:
    first, *others = outlines
    names = [outline.summary.graph.name for outline in outlines]
    if others:
        note = f"activations in {first.summary.precision}"
        rows = [Row(n, o, o.folded.graph.nodes) for n, o in zip(names, outlines, strict=True)]
    else:
        note = _note(first.summary)
        rows = [Row(part.label, first, part.nodes) for part in first.parts]
    found = {family for row in rows for family in row.families}
    meanings = {f: colour for f, colour in family_colours(ink).items() if f in found}
    height = HEAD + height_of(rows) + FOOT
    svg = _page(height, ", ".join(names), note, meanings, ink)
    draw_bars(svg, rows, Rect(MARGIN, HEAD, WIDTH - 2 * MARGIN, height), ink)
    return svg.render()


# --------------------------------------------------------------------------- treemaps


def _treemaps(outline: Outline, ink: Palette) -> bytes:
    sizes = {part.path: _size(part) for part in outline.parts if _weighs(outline, part)}
    colours = shades(sizes.values(), ink)
    meanings = {f"{h}x{w} pixels": colour.fill for (h, w), colour in colours.items()}
    if (1, 1) in sizes.values():
        meanings["1 pixel"] = ink.plain.fill
    title, note = outline.summary.graph.name, _note(outline.summary)
    svg = _page(HEAD + HEADING + SIDE + FOOT, title, note, meanings, ink)
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
    """The most frequent height and width of its layers' results, as drawings have it."""
    return Counter(node.type.pixels for node in part.nodes).most_common(1)[0][0]


def _draw_heading(svg: Svg, outline: Outline, measure: Measure, x: float, ink: Palette) -> None:
    families = Row("", outline, outline.folded.graph.nodes).families
    weights = {family: measure.of(counts) for family, counts in families.items()}
    whole = sum(weights.values())
    svg.text(x, HEAD + 14, measure.exact(whole), size=14, fill=ink.text, bold=True)
    heaviest = sorted(weights, key=lambda family: -weights[family])
    shares = [f"{f} {percent(weights[f] / whole)}" for f in heaviest if weights[f] > whole / 2000]
    svg.text(x, HEAD + 33, ", ".join(shares), size=12, fill=ink.faint)
