"""A network as a drawing, in Graphviz's language, and from there to SVG.

A graph's repeats are folded (`fold`), its operators gathered into boxes (`boxes`), the lines
between them told apart (`links`), and all of it is written down (`dot`).
"""

from __future__ import annotations

from typing import Any

from netlang.backends.draw.dot import to_diff_dot, to_dot
from netlang.backends.draw.layout import laid_out
from netlang.backends.draw.style import View
from netlang.ir.graph import Graph
from netlang.picture import Picture

__all__ = ["View", "draw", "laid_out", "to_diff_dot", "to_dot", "to_svg"]


def draw(*graphs: Graph, **look: Any) -> Picture:
    """Networks side by side, as a picture to show in a notebook or to `save`.

    What is drawn of them, and how, are the fields of `View`: `flat`, `expand`, `depth`, `shapes`,
    `params`, `horizontal`, `theme`, `title`.
    """
    return Picture(to_svg(*graphs, view=View(**look)))


def to_svg(*graphs: Graph, view: View | None = None) -> bytes:
    """Networks side by side as SVG."""
    return laid_out(to_dot(*graphs, view=view))
