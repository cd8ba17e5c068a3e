"""What the lines and boxes of a drawing mean, below it; a drawing of plain lines needs none."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from netlang.backends.draw.style import SMALL, View, shortcut_look, width_of

if TYPE_CHECKING:
    from graphviz import Digraph

MEANINGS = {
    "identity": "identity shortcut",
    "reshaped": "shortcut that changes the shape",
    "kernel": "what one kernel computes",
}


def draw_legend(drawing: Digraph, view: View, kinds: Collection[str]) -> None:
    """Adds a line of each kind of shortcut, or a box, with its meaning, one below the other."""
    from graphviz import Digraph

    shown = [kind for kind in MEANINGS if kind in kinds]
    if not shown:
        return
    ink = view.palette
    # No group or layer of a network can have a blank in its name.
    legend = Digraph("cluster legend")
    legend.attr(label="", color="transparent")
    legend.attr("node", shape="plaintext", style="", fontsize=str(SMALL), fontcolor=ink.faint)
    above = ""
    # On its side, what comes first lies at the bottom.
    for kind in reversed(shown) if view.horizontal else shown:
        meaning = MEANINGS[kind]
        start, end = f"legend {kind}", f"meaning of {kind}"
        width = f"{width_of(meaning, SMALL) / 72:.2f}"
        legend.node(start, "", **_sign(kind, view))
        legend.node(end, f"{meaning}\\l", width=width, margin="0.05,0")
        level = {} if view.horizontal else {"constraint": "false"}
        line = {"style": "invis"} if kind == "kernel" else shortcut_look(kind, ink)
        legend.edge(start, end, minlen="2", **level, **line)
        if above and not view.horizontal:
            legend.edge(f"legend {above}", start, style="invis")
            legend.edge(f"meaning of {above}", end, style="invis")
        above = kind
    drawing.subgraph(legend)


def _sign(kind: str, view: View) -> dict[str, str]:
    """What stands for it: the beginning of a line, or a box."""
    if kind != "kernel":
        return {"width": "0.01", "height": "0.01"}
    shade = view.palette.plain
    look = {"shape": "box", "style": "rounded,filled", "width": "0.35", "height": "0.18"}
    return look | {"fillcolor": shade.fill, "color": shade.line}
