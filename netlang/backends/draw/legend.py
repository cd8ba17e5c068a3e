"""What the lines and boxes of a drawing mean, below it; a drawing of plain lines needs none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, cast

from netlang.backends.draw.style import (
    SIGNS,
    SMALL,
    View,
    mark_style,
    shortcut_look,
    width_of,
)
from netlang.diff import Mark

if TYPE_CHECKING:
    from graphviz import Digraph

MEANINGS: Mapping[str, str] = {
    "identity": "identity shortcut",
    "reshaped": "shortcut that changes the shape",
    "kernel": "what one kernel computes",
    **{mark: mark for mark in SIGNS},
}


def draw_legend(drawing: Digraph, view: View, kinds: Collection[str]) -> None:
    """Adds a line of each kind of shortcut, or a box, with its meaning, one below the other."""
    from graphviz import Digraph

    shown = [kind for kind in MEANINGS if kind in kinds]
    if not shown:
        return
    # No group or layer of a network can have a blank in its name.
    legend = Digraph("cluster legend")
    legend.attr(label="", color="transparent")
    legend.attr("node", shape="plaintext", style="", fontsize=str(SMALL))
    legend.attr("node", fontcolor=view.palette.faint)
    above = ""
    # On its side, what comes first lies at the bottom.
    for kind in reversed(shown) if view.horizontal else shown:
        meaning = MEANINGS[kind]
        start, end = f"legend {kind}", f"meaning of {kind}"
        width = f"{width_of(meaning, SMALL) / 72:.2f}"
        line = shortcut_look(kind, view.palette)
        legend.node(start, **({"label": "", "width": "0.01"} if line else _sign(kind, view)))
        legend.node(end, f"{meaning}\\l", width=width, margin="0.05,0")
        level = {} if view.horizontal else {"constraint": "false"}
        legend.edge(start, end, minlen="2", **level, **(line or {"style": "invis"}))
        if above and not view.horizontal:
            legend.edge(f"legend {above}", start, style="invis")
            legend.edge(f"meaning of {above}", end, style="invis")
        above = kind
    drawing.subgraph(legend)


def _sign(kind: str, view: View) -> dict[str, str]:
    """The box that stands for it."""
    ink = view.palette
    shade = ink.marks.get(kind, ink.plain)
    look = {"label": SIGNS.get(cast(Mark, kind), ""), "style": mark_style(cast(Mark, kind))}
    size = {"shape": "box", "width": "0.35", "height": "0.2", "margin": "0"}
    return look | size | {"fillcolor": shade.fill, "color": shade.line, "fontcolor": ink.text}
