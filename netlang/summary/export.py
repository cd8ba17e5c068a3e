"""A network for scripts: an object of plain values, and rows of CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from fractions import Fraction
from io import StringIO
from typing import Any

from netlang.ir.graph import Graph, Node
from netlang.kernels.precision import Precision
from netlang.ops.conv import Conv
from netlang.summary.counts import Summary, depth

COLUMNS = (
    "network",
    "layer",
    "op",
    "input",
    "output",
    "receptive_field_height_px",
    "receptive_field_width_px",
    "stride_height_px",
    "stride_width_px",
    "parameters",
    "macs_per_image",
    "memory_bytes_per_image",
)


def describe(graph: Graph, precision: Precision = "float32") -> dict[str, Any]:
    """The network as one object of plain values; the form is stable, for scripts.

    Shapes are lists without the batch. A layer's `input` is the shape of its first input and
    `inputs` has all of them; `pad` is [top, left, bottom, right] in pixels. Memory is in bytes,
    per image but for weights: a layer's is what it writes, `peak_memory` is what
    `Summary.peak_memory` says. A `receptive_field` is [height, width] in pixels of the input, and
    `effective_stride` how far apart those of two neighbours lie; the network's is that of its last
    feature map.
    """
    summary = Summary(graph, precision)
    return {
        "name": graph.name,
        "parameters": summary.total.parameters,
        "macs": summary.total.macs,
        "depth": depth(graph),
        "input": list(graph.inputs[0].type.shape),
        "output": list(graph[graph.output].type.shape),
        "dtype": precision,
        "weights_memory": summary.weights_memory,
        "activations_memory": summary.total.memory,
        "peak_memory": summary.peak_memory,
        **_field(summary, summary.features),
        "layers": [_layer(summary, node) for node in graph if node.inputs],
    }


def _layer(summary: Summary, node: Node) -> dict[str, Any]:
    types, counts = summary.graph.types(node), summary.count(node)
    layer: dict[str, Any] = {
        "name": node.name,
        "op": node.op.name,
        "input": list(types[0].shape),
        "inputs": [list(x.shape) for x in types],
        "output": list(node.type.shape),
        "parameters": counts.parameters,
        "macs": counts.macs,
        "memory": counts.memory,
        **_field(summary, node),
    }
    return layer | (_geometry(summary.graph, node, node.op) if isinstance(node.op, Conv) else {})


def _field(summary: Summary, node: Node) -> dict[str, Any]:
    field = summary.fields[node.name]
    return {
        "receptive_field": [reach.pixels for reach in field],
        "effective_stride": [_number(reach.step) for reach in field],
    }


def _number(step: Fraction) -> int | float:
    return int(step) if step.denominator == 1 else float(step)


def _geometry(graph: Graph, node: Node, conv: Conv) -> dict[str, Any]:
    rows, columns = conv.windows(graph.types(node)[0])
    return {
        "kernel": list(conv.kernel),
        "stride": list(conv.stride),
        "pad": [rows.before, columns.before, rows.after, columns.after],
        "groups": conv.groups,
    }


def to_csv(graphs: Iterable[Graph], precision: Precision = "float32") -> str:
    """The layers of networks, one row each under `COLUMNS`; RFC 4180, with its ends of lines."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for graph in graphs:
        writer.writerows(_rows(describe(graph, precision)))
    return text.getvalue()


def _rows(network: dict[str, Any]) -> Iterator[list[Any]]:
    for layer in network["layers"]:
        words = [network["name"], layer["name"], layer["op"]]
        shapes = ["x".join(map(str, layer[key])) for key in ("input", "output")]
        sees = [*layer["receptive_field"], *layer["effective_stride"]]
        yield [*words, *shapes, *sees, layer["parameters"], layer["macs"], layer["memory"]]
