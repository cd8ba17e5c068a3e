"""A network as a drawing, in Graphviz's language, and from there to SVG.

A graph's repeats are folded (`fold`), its operators gathered into boxes (`boxes`), the lines
between them told apart (`links`), and all of it is written down (`dot`).
"""

from __future__ import annotations

from netlang.backends.draw.dot import to_diff_dot, to_dot
from netlang.backends.draw.layout import laid_out
from netlang.backends.draw.style import View
from netlang.ir.graph import Graph

__all__ = ["View", "laid_out", "to_diff_dot", "to_dot", "to_svg"]


def to_svg(*graphs: Graph, view: View | None = None) -> bytes:
    """Networks side by side as SVG."""
    return laid_out(to_dot(*graphs, view=view))
