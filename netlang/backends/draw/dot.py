"""A drawing in Graphviz's language. The same graphs and view give the same text.

Labels are plain lines: the Graphviz of the wheel is built without the parser for HTML-like ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from netlang.backends.draw.column import Column, Pen
from netlang.backends.draw.diff import DiffPen
from netlang.backends.draw.legend import draw_legend
from netlang.backends.draw.style import FONT, NORMAL, Colour, Size, View
from netlang.diff import Difference
from netlang.ir.graph import Graph

if TYPE_CHECKING:
    from graphviz import Digraph


def to_dot(*graphs: Graph, view: View | None = None) -> str:
    """Networks side by side as Graphviz source."""
    view = view or View()
    prefixes = [f"{i}." for i in range(1, len(graphs) + 1)] if len(graphs) > 1 else [""]
    columns = [Column.of(*each, view) for each in zip(graphs, prefixes, strict=True)]
    shades = _shades(columns, view)
    kinds = {link.kind for column in columns for link in column.links}
    parts: list[Callable[[Digraph], None]] = [Pen(column, view, shades).draw for column in columns]
    parts.append(partial(draw_legend, view=view, kinds=kinds))
    return _drawn(" ".join(graph.name for graph in graphs), parts, view)


def to_diff_dot(difference: Difference, view: View | None = None) -> str:
    """Two networks in one as Graphviz source; `view` has folded them as it folds for a drawing."""
    view = view or View()
    pen = DiffPen.of(difference, view)
    legend = partial(draw_legend, view=view, kinds=(), marks=pen.marks)
    return _drawn(" ".join(pen.labels.title()[:1]), [pen.draw, legend], view)


def _drawn(name: str, parts: Sequence[Callable[[Digraph], None]], view: View) -> str:
    drawing = _paper(name, len(parts), view)
    # Graphviz packs and then turns: on their side, what comes first would lie at the bottom.
    for draw in reversed(parts) if view.horizontal else parts:
        draw(drawing)
    return drawing.source


def _paper(name: str, parts: int, view: View) -> Digraph:
    from graphviz import Digraph

    ink = view.palette
    drawing = Digraph(name)
    drawing.attr("graph", rankdir="LR" if view.horizontal else "TB", nodesep="0.22", ranksep="0.26")
    drawing.attr("graph", bgcolor=ink.paper, pad="0.3", fontname=FONT, fontcolor=ink.text)
    # Each network is laid out alone: otherwise boxes of one rank would stand at one height in all
    # of them, with gaps between. The legend stands last.
    drawing.attr("graph", pack="24", packmode=f"array_tlu{parts}")
    drawing.attr("node", shape="box", style="rounded,filled", fontname=FONT, fontsize=str(NORMAL))
    drawing.attr("node", margin="0.1,0.05", height="0.3", penwidth="1", fontcolor=ink.text)
    drawing.attr("edge", color=ink.line, arrowsize="0.55", penwidth="1.1")
    return drawing


def _shades(columns: list[Column], view: View) -> dict[Size, Colour]:
    """A colour for each size of image, the largest first; columns share them."""
    sizes = {size for column in columns for size in column.sizes.values()}
    ordered = sorted(sizes - {(1, 1)}, reverse=True)
    stages = view.palette.stages
    return {size: stages[i % len(stages)] for i, size in enumerate(ordered)}
