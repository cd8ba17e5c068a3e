"""A network as a drawing, in Graphviz's language, and from there to SVG.

A graph's repeats are folded (`fold`), its operators gathered into boxes (`boxes`), the lines
between them told apart (`links`), and all of it is written down (`dot`).
"""

from __future__ import annotations

from collections.abc import Sequence

from netlang.backends.draw.dot import to_diff_dot, to_dot
from netlang.backends.draw.layout import laid_out
from netlang.backends.draw.style import View
from netlang.diagnostic import error, near_or_all
from netlang.ir.graph import Graph
from netlang.lower import GraphLike, as_graph
from netlang.pictures.palette import PALETTES, Theme
from netlang.pictures.picture import Picture

__all__ = ["View", "draw", "laid_out", "to_diff_dot", "to_dot", "to_svg"]


def draw(
    network: GraphLike,
    /,
    *others: GraphLike,
    theme: Theme = "light",
    horizontal: bool = False,
    shapes: bool = False,
    params: bool = False,
    flat: bool = False,
    expand: str | Sequence[str] = (),
    depth: int | None = None,
    title: str = "",
) -> Picture:
    """Networks side by side, as a picture to show in a notebook or to `save`.

    Each is a graph, a `.net` file or a network of the zoo. Repeats are folded unless `flat`, or in
    a group, or several, to `expand`; below `depth` levels of groups everything is one box. `shapes`
    and `params` add a line to each box. `NetError` where there is no such network or theme.
    """
    if theme not in PALETTES:
        raise error(f"there is no theme '{theme}'", help=near_or_all(theme, PALETTES))
    groups = (expand,) if isinstance(expand, str) else tuple(expand)
    view = View(theme, horizontal, shapes, params, flat, groups, depth, title)
    return Picture(to_svg(*map(as_graph, (network, *others)), view=view))


def to_svg(*graphs: Graph, view: View | None = None) -> bytes:
    """Networks side by side as SVG."""
    return laid_out(to_dot(*graphs, view=view))
