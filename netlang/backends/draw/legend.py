"""What the lines of a drawing mean, in a corner of it; a drawing of plain lines needs none."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

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

MEANINGS = {"identity": "identity shortcut", "reshaped": "shortcut that changes the shape"}


def draw_legend(
    drawing: Digraph, view: View, kinds: Collection[str], marks: Collection[Mark] = ()
) -> None:
    """Adds a line of each kind of shortcut with its meaning, and a box of each mark."""
    from graphviz import Digraph

    shown = [kind for kind in MEANINGS if kind in kinds]
    marked: list[Mark] = [mark for mark in SIGNS if mark in marks]
    if not (shown or marked):
        return
    ink = view.palette
    # No group or layer of a network can have a blank in its name.
    legend = Digraph("cluster legend")
    legend.attr(label="", color="transparent")
    legend.attr("node", shape="plaintext", style="", fontsize=str(SMALL), fontcolor=ink.faint)
    above = ""
    for kind in shown:
        meaning = MEANINGS[kind]
        start, end = f"legend {kind}", f"meaning of {kind}"
        legend.node(start, "", width="0.01", height="0.01")
        legend.node(end, meaning, width=f"{width_of(meaning, SMALL) / 72:.2f}")
        legend.edge(start, end, minlen="2", **shortcut_look(kind, ink))
        if above:
            legend.edge(above, start, style="invis")
        above = end
    for mark in marked:
        box = f"legend {mark}"
        colour = ink.marks[mark]
        legend.node(
            box,
            f"{SIGNS[mark]} {mark}",
            shape="box",
            style=mark_style(mark),
            fillcolor=colour.fill,
            color=colour.line,
            fontcolor=ink.text,
            penwidth="1.6",
            width="1",
        )
        if above:
            legend.edge(above, box, style="invis")
        above = box
    drawing.subgraph(legend)
