"""A network as a table for people, a row a group or a layer; several, a row a network."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from netlang.ground.columns import aligned, shortened
from netlang.ground.units import percent, si
from netlang.ir.graph import Graph, Node
from netlang.kernels.precision import Precision
from netlang.summary.counts import Summary, depth, total
from netlang.views.fold import Folded
from netlang.views.parts import Part, root

LONGEST = 18
"""Characters that different layers of a group may take; where they need more they are counted."""

Cells = tuple[str, ...]


def table(
    graph: Graph,
    every_layer: bool = False,
    precision: Precision = "float32",
    shares: bool = False,
    width: int | None = None,
) -> str:
    """The network as a table: one row per group, or per layer.

    `field` is the receptive field, in pixels of the input, then how far apart those of two
    neighbours lie, where there are neighbours and it is not 1: `195 /32`. `memory` is what the
    layers write, in bytes per image. `shares` puts parts of the whole beside the counts of groups.
    In a table of at most `width` columns names give way.
    """
    summary, shares = Summary(graph, precision), shares and not every_layer
    layers = (Part(node.name, node) for node in graph)
    rows = layers if every_layer else root(Folded(graph, {})).parts
    room = " " * 5 if shares else ""
    header = ("layer", "", "output", "field", f"parameters{room}", f"MACs{room}", "memory")
    cells = [header, *(_row(summary, part, shares) for part in rows)]
    return "\n".join([*_ruled(cells, 2, width), *_totals(summary)])


def comparison(
    graphs: Sequence[Graph], precision: Precision = "float32", width: int | None = None
) -> str:
    """The networks as a table of at most `width` columns: one row per network.

    `field` is the receptive field of the last feature map. The bytes are those of the weights, of
    all that an image makes the layers write, and of the most that is alive of it at once.
    """
    header = ("network", "depth", "output", "field", "parameters", "MACs")
    header += ("weights", "activations", "peak")
    cells = [header, *(_network(Summary(graph, precision)) for graph in graphs)]
    note = "field: of the last feature map; activations: of an image; peak: the most at once"
    return "\n".join([*_ruled(cells, 1, width), f"{precision}; {note}"])


def _ruled(cells: Sequence[Cells], left: int, width: int | None) -> list[str]:
    """The header and the rows between rules, the names as short as the width needs them."""
    needed = max(map(len, aligned(cells, left)))
    room = max(len(name) for name, *_ in cells) - max(0, needed - (width or needed))
    lines = aligned([(shortened(name, room), *others) for name, *others in cells], left)
    rule = "-" * max(map(len, lines))
    return [lines[0], rule, *lines[1:], rule]


# --------------------------------------------------------------------------- one network


def _row(summary: Summary, part: Part, shares: bool) -> Cells:
    counts, whole = total(map(summary.count, part.nodes)), summary.total
    last = part.nodes[-1]
    return (
        part.path,
        part.label if part.node else _content(part),
        str(last.type),
        field_of(summary, last),
        _count(counts.parameters, whole.parameters, shares),
        _count(counts.macs, whole.macs, shares),
        si(counts.memory, "B") if counts.memory else "",
    )


def _count(number: int, whole: int, shares: bool) -> str:
    if not number:
        return ""
    return f"{number:,}" + (f" {percent(number / whole):>4}" if shares else "")


def _content(part: Part) -> str:
    """What a group holds: its blocks by kind, and its layers with weights."""
    weighted = [node for node in part.nodes if node.op.is_product]
    kinds = [each.title for each in part.parts if not each.node or each.node.op.is_product]
    runs = [(kind, len(list(run))) for kind, run in groupby(kinds)]
    text = ", ".join(f"{count} x {kind}" if count > 1 else kind for kind, count in runs)
    return text if len(runs) == 1 or len(text) <= LONGEST else f"{len(weighted)} layers"


def _totals(summary: Summary) -> list[str]:
    graph, whole = summary.graph, summary.total
    counts = f"{whole.parameters:,} parameters, {whole.macs:,} MACs an image"
    return [
        f"{graph.name}: {counts}, {depth(graph)} layers deep, {len(graph)} nodes",
        memory_of(summary),
        f"receptive field of the last feature map: {field_of(summary, summary.features)}",
    ]


def memory_of(summary: Summary) -> str:
    """`float32: 244 MB of weights, 7.70 MB of activations an image, at most 2.32 MB at once`."""
    weights, activations = si(summary.weights_memory, "B"), si(summary.total.memory, "B")
    peak = si(summary.peak_memory, "B")
    held = f"{weights} of weights, {activations} of activations an image"
    return f"{summary.precision}: {held}, at most {peak} at once"


def field_of(summary: Summary, node: Node) -> str:
    """A receptive field as the table has it."""
    rows, columns = summary.fields[node.name]
    extent = _both(rows.pixels, columns.pixels)
    has_steps = node.type.pixels != (1, 1) and (rows.step, columns.step) != (1, 1)
    return f"{extent} /{_both(rows.step, columns.step)}" if has_steps else extent


def _both(rows: int | Fraction, columns: int | Fraction) -> str:
    """`3` or `5x3`: one number where the axes agree."""
    return _pixels(rows) if rows == columns else f"{_pixels(rows)}x{_pixels(columns)}"


def _pixels(count: int | Fraction) -> str:
    """A number of pixels, whole or to three digits: an enlarged mean has steps of 16/33."""
    return f"{float(count):.0f}" if count == int(count) or count > 100 else f"{float(count):.3g}"


# --------------------------------------------------------------------------- several


def _network(summary: Summary) -> Cells:
    graph, whole = summary.graph, summary.total
    rows, columns = summary.fields[summary.features.name]
    return (
        graph.name,
        str(depth(graph)),
        str(graph[graph.output].type),
        _both(rows.pixels, columns.pixels),
        f"{whole.parameters:,}",
        f"{whole.macs:,}",
        si(summary.weights_memory, "B"),
        si(whole.memory, "B"),
        si(summary.peak_memory, "B"),
    )
