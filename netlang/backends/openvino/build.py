"""A graph as an OpenVINO model, operator by operator: there is no file between the two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import openvino
from openvino import opset14 as ov

from netlang.ground.arrays import Checkpoint
from netlang.ir.graph import Graph, Node
from netlang.weights import evaluated


def to_model(graph: Graph, checkpoint: Checkpoint, batch: int | None = None) -> openvino.Model:
    """The network at inference: inputs N x C x H x W (or N x C) of float32; N is `batch`, or free.

    `checkpoint` is that of the network as it is written, of arrays; the graph may be optimized by
    the passes of `SIMPLIFY`. KeyError where the checkpoint lacks a tensor. The model shares the
    memory of the arrays.
    """
    numbers = evaluated(graph, checkpoint)
    given = {
        node.name: ov.parameter([batch or -1, *node.type.shape], openvino.Type.f32)
        for node in graph.inputs
    }
    done = {name: parameter.output(0) for name, parameter in given.items()}
    for node in graph:
        if node.name not in given:
            own = {slot: _constant(numbers[f"{node.name}.{slot}"]) for slot in graph.weights(node)}
            done[node.name] = _computed(node, [done[name] for name in node.inputs], own)
    model: Any = openvino.Model  # whose types say that it cannot be called
    return model([ov.result(done[graph.output])], list(given.values()), graph.name)


def _constant(numbers: Any) -> Any:
    return openvino.op.Constant(numbers, shared_memory=True)


def _computed(node: Node, xs: list[Any], w: Mapping[str, Any]) -> openvino.Output:
    made = node.op.openvino(ov, xs, w)
    return made if isinstance(made, openvino.Output) else made.output(0)
