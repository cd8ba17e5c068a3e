"""What the lines, boxes and colours of a drawing mean, below it; plain lines need no words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from netlang.backends.draw.style import (
    SIGNS,
    SMALL,
    View,
    bare_look,
    mark_style,
    width_of,
)
from netlang.diff import Mark
from netlang.pictures.palette import Colour, Size, told

if TYPE_CHECKING:
    from graphviz import Digraph

MEANINGS: Mapping[str, str] = {
    "identity": "identity shortcut",
    "reshaped": "shortcut that changes the shape",
    "kernel": "what one kernel computes",
    "bare": "no kernel of its own",
    **{mark: mark for mark in SIGNS},
}


@dataclass(frozen=True)
class Entry:
    """A line of the legend: a sample, which is a line or a box of some look, and its meaning."""

    name: str
    meaning: str
    line: Mapping[str, str]
    box: Mapping[str, str]


def draw_legend(
    drawing: Digraph,
    view: View,
    lines: Mapping[str, Mapping[str, str]],
    kinds: Collection[str],
    shades: Mapping[Size, Colour],
) -> None:
    """Adds samples of what the drawing has with their meanings, one below the other.

    These are lines with their looks, kinds of boxes, and colours of sizes of image.
    """
    from graphviz import Digraph

    shown = [*_of_kinds(view, lines, kinds), *_of_sizes(shades)]
    if not shown:
        return
    # No group or layer of a network can have a blank in its name.
    legend = Digraph("cluster legend")
    legend.attr(label="", color="transparent")
    legend.attr("node", shape="plaintext", style="", fontsize=str(SMALL), height="0.1")
    legend.attr("node", fontcolor=view.palette.faint)
    # Words of one width begin at one place.
    width = f"{max(width_of(entry.meaning, SMALL) for entry in shown) / 72:.2f}"
    above = ""
    # On its side, what comes first lies at the bottom.
    for entry in reversed(shown) if view.horizontal else shown:
        start, end = f"legend {entry.name}", f"meaning of {entry.name}"
        legend.node(start, **(entry.box or {"label": "", "width": "0.01"}))
        legend.node(end, f"{entry.meaning}\\l", width=width, margin="0.05,0")
        level = {} if view.horizontal else {"constraint": "false"}
        legend.edge(start, end, **level, **(entry.line or {"style": "invis"}))
        if above and not view.horizontal:
            legend.edge(f"legend {above}", start, style="invis")
            legend.edge(f"meaning of {above}", end, style="invis")
        above = entry.name
    drawing.subgraph(legend)


def _of_kinds(
    view: View, lines: Mapping[str, Mapping[str, str]], kinds: Collection[str]
) -> Iterator[Entry]:
    for kind, meaning in MEANINGS.items():
        if kind in lines:
            yield Entry(kind, meaning, lines[kind], {})
        elif kind in kinds:
            yield Entry(kind, meaning, {}, _sign(kind, view))


def _of_sizes(shades: Mapping[Size, Colour]) -> Iterator[Entry]:
    """The colours of sizes of image, which one alone needs none to be told from."""
    sizes = told(shades)
    for colour, said in sizes.items() if len(sizes) > 1 else ():
        first, _, _ = said.partition(" ")
        yield Entry(f"size {first}", f"{said} pixels", {}, _swatch(colour))


def _sign(kind: str, view: View) -> dict[str, str]:
    """The box that stands for it."""
    ink = view.palette
    if kind == "bare":
        return _swatch(ink.plain) | bare_look(ink)
    look = {"label": SIGNS.get(cast(Mark, kind), ""), "style": mark_style(cast(Mark, kind))}
    return _swatch(ink.marks.get(kind, ink.plain)) | look | {"fontcolor": ink.text}


def _swatch(colour: Colour) -> dict[str, str]:
    look = {"label": "", "style": "rounded,filled", "fillcolor": colour.fill, "color": colour.line}
    return look | {"shape": "box", "width": "0.35", "height": "0.2", "margin": "0"}
