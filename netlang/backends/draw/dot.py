"""A drawing in Graphviz's language. The same graphs and view give the same text.

Labels are plain lines: the Graphviz of the wheel is built without the parser for HTML-like ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from netlang.backends.draw.column import Column, Pen, shades_of
from netlang.backends.draw.diff import DiffPen
from netlang.backends.draw.legend import draw_legend
from netlang.backends.draw.style import FONT, LARGEST, NORMAL, View, shortcut_look
from netlang.diff import Difference
from netlang.ir.graph import Graph

if TYPE_CHECKING:
    from graphviz import Digraph


def to_dot(*graphs: Graph, view: View | None = None) -> str:
    """Networks side by side as Graphviz source."""
    view = view or View()
    prefixes = [f"{i}." for i in range(1, len(graphs) + 1)] if len(graphs) > 1 else [""]
    columns = [Column.of(*each, view) for each in zip(graphs, prefixes, strict=True)]
    shades = shades_of(columns, view.palette)
    lines = {link.kind: shortcut_look(link.kind, view.palette) for c in columns for link in c.links}
    kinds = {"kernel" for column in columns if column.has_kernels}
    kinds |= {"bare" for column in columns if column.bare}
    parts = [Pen(column, view, shades).draw for column in columns]
    legend = partial(draw_legend, view=view, lines=lines, kinds=kinds, shades=shades)
    return _drawn(" ".join(graph.name for graph in graphs), parts, legend, view)


def to_diff_dot(difference: Difference, view: View | None = None) -> str:
    """Two networks in one as Graphviz source; `view` has folded them as it folds for a drawing."""
    view = view or View()
    pen = DiffPen.of(difference, view)
    legend = partial(draw_legend, view=view, lines=pen.dotted, kinds=pen.marks, shades={})
    return _drawn(pen.labels.title()[0], [pen.draw], legend, view)


Draw = Callable[["Digraph"], None]


def _drawn(name: str, networks: Sequence[Draw], legend: Draw, view: View) -> str:
    drawing = _paper(name, len(networks), view)
    parts = [*networks, legend]
    # Graphviz packs and then turns: on their side, what comes first would lie at the bottom.
    for draw in reversed(parts) if view.horizontal else parts:
        draw(drawing)
    return drawing.source


def _paper(name: str, networks: int, view: View) -> Digraph:
    from graphviz import Digraph, escape

    ink = view.palette
    drawing = Digraph(name)
    drawing.attr("graph", rankdir="LR" if view.horizontal else "TB", nodesep="0.22", ranksep="0.26")
    if view.title:
        drawing.attr("graph", label=escape(view.title), labelloc="t", fontsize=str(LARGEST))
    drawing.attr("graph", bgcolor=ink.paper, pad="0.3", fontname=FONT, fontcolor=ink.text)
    # Each network is laid out alone: otherwise boxes of one rank would stand at one height in all
    # of them, with gaps between. The legend stands last.
    drawing.attr("graph", pack="24", packmode=f"array_tlu{networks + view.horizontal}")
    drawing.attr("node", shape="box", style="rounded,filled", fontname=FONT, fontsize=str(NORMAL))
    drawing.attr("node", margin="0.1,0.05", height="0.3", penwidth="1", fontcolor=ink.text)
    drawing.attr("edge", color=ink.line, arrowsize="0.55", penwidth="1.1")
    return drawing
