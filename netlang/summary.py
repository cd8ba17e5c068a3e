"""What a network consists of: layers, shapes, parameters, MACs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from netlang.columns import aligned
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Family
from netlang.ops.conv import Conv
from netlang.passes import optimize
from netlang.passes.simplify.drop_heads import drop_heads
from netlang.passes.simplify.eliminate_dead import eliminate_dead

WEIGHTED: tuple[Family, ...] = ("conv", "linear")
"""The layers that the papers count."""


def inference(graph: Graph) -> Graph:
    """The network without its auxiliary heads, otherwise as it is written."""
    return optimize(graph, (drop_heads, eliminate_dead)).graph


def depth(graph: Graph) -> int:
    """The most conv and linear layers on a path from the input to the output."""
    reached: dict[str, int] = {}
    for node in graph:
        before = max((reached[name] for name in node.inputs), default=0)
        reached[node.name] = before + (node.op.family in WEIGHTED)
    return reached[graph.output]


def describe(graph: Graph) -> dict[str, Any]:
    """The network as one object of plain values; the form is stable, for scripts.

    Shapes are lists without the batch. A layer's `input` is the shape of its first input and
    `inputs` has all of them; `pad` is [top, left, bottom, right] in pixels.
    """
    return {
        "name": graph.name,
        "parameters": sum(map(graph.parameters, graph)),
        "macs": sum(map(graph.macs, graph)),
        "depth": depth(graph),
        "input": list(graph.inputs[0].type.shape),
        "output": list(graph[graph.output].type.shape),
        "layers": [_layer(graph, node) for node in graph if node.inputs],
    }


def _layer(graph: Graph, node: Node) -> dict[str, Any]:
    inputs = [list(x.shape) for x in graph.types(node)]
    layer: dict[str, Any] = {
        "name": node.name,
        "op": node.op.name,
        "input": inputs[0],
        "inputs": inputs,
        "output": list(node.type.shape),
        "parameters": graph.parameters(node),
        "macs": graph.macs(node),
    }
    return layer | (_geometry(graph, node, node.op) if isinstance(node.op, Conv) else {})


def _geometry(graph: Graph, node: Node, conv: Conv) -> dict[str, Any]:
    rows, columns = conv.windows(graph.types(node)[0])
    return {
        "kernel": list(conv.kernel),
        "stride": list(conv.stride),
        "pad": [rows.before, columns.before, rows.after, columns.after],
        "groups": conv.groups,
    }


# --------------------------------------------------------------------------- table


@dataclass(frozen=True)
class Row:
    """A line of the table: a layer, or a group as a whole."""

    name: str
    what: str
    output: str
    parameters: int
    macs: int


def table(graph: Graph, every_layer: bool = False) -> str:
    """The network as a table for people: a row a group, or a row a layer."""
    rows = list(_layers(graph, graph.nodes) if every_layer else _groups(graph))
    totals = sum(map(graph.parameters, graph)), sum(map(graph.macs, graph))
    cells = [("layer", "", "output", "parameters", "MACs")]
    cells += [(r.name, r.what, r.output, _count(r.parameters), _count(r.macs)) for r in rows]
    lines = aligned(cells, left=2)
    rule = "-" * len(lines[0])
    depths = f"{depth(graph)} layers deep, {len(graph)} nodes"
    total = f"{totals[0]:,} parameters, {totals[1]:,} MACs an image, {depths}"
    return "\n".join([lines[0], rule, *lines[1:], rule, f"{graph.name}: {total}"])


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _layers(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[Row]:
    for node in nodes:
        counts = graph.parameters(node), graph.macs(node)
        yield Row(node.name, node.op.caption, str(node.type), *counts)


def _groups(graph: Graph) -> Iterator[Row]:
    for group, members in groupby(graph, key=lambda node: node.name.partition(".")[0]):
        nodes = tuple(members)
        if nodes[0].name == group:
            yield from _layers(graph, nodes)
            continue
        counts = sum(map(graph.parameters, nodes)), sum(map(graph.macs, nodes))
        yield Row(group, _content(nodes), str(nodes[-1].type), *counts)


def _content(nodes: tuple[Node, ...]) -> str:
    """What a group holds: its blocks by kind, or its layers with weights."""
    blocks = dict.fromkeys(n.name.split(".")[1] for n in nodes if n.name.count(".") > 1)
    if not blocks:
        weighted = [n.op for n in nodes if n.op.family in WEIGHTED]
        short = len(weighted) <= 2
        return ", ".join(op.caption for op in weighted) if short else f"{len(weighted)} layers"
    kinds = [block.rpartition("_")[0] or block for block in blocks]
    runs = ((kind, len(list(run))) for kind, run in groupby(kinds))
    return ", ".join(f"{count} x {kind}" if count > 1 else kind for kind, count in runs)
