"""What a network computes, straight from the operators' meaning: the oracle of every backend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.schedule import schedule
from netlang.ground.arrays import Checkpoint
from netlang.ir.graph import Graph
from netlang.weights import evaluated


def reference(
    graph: Graph, weights: Checkpoint, *inputs: Any, dtype: torch.dtype = torch.float64
) -> Tensor:
    """The output of a network at inference, NCHW; see `values`, which take far more memory."""
    return _run(graph, weights, inputs, dtype, [graph.output])[graph.output]


def values(
    graph: Graph, weights: Checkpoint, *inputs: Any, dtype: torch.dtype = torch.float64
) -> dict[str, Tensor]:
    """Every value of a network at inference by its name, computed in `dtype` throughout.

    `weights` is a checkpoint of arrays for the network as it is written; the graph may be
    optimized. `inputs` are arrays or tensors, N x C x H x W, in the order of the graph's inputs.
    """
    return _run(graph, weights, inputs, dtype, [node.name for node in graph])


@torch.inference_mode()
def _run(
    graph: Graph,
    weights: Checkpoint,
    inputs: Sequence[Any],
    dtype: torch.dtype,
    results: Sequence[str],
) -> dict[str, Tensor]:
    """The results, and inputs, by name; what is not among them is forgotten behind its last use."""
    numbers = evaluated(graph, weights, "float64")
    done = {
        node.name: torch.as_tensor(x).to(dtype)
        for node, x in zip(graph.inputs, inputs, strict=True)
    }
    for step in schedule(graph, results).steps:
        node = graph[step.name]
        own = {
            slot: torch.from_numpy(numbers[f"{node.name}.{slot}"]).to(dtype)
            for slot in graph.weights(node)
        }
        done[node.name] = node.op.torch(F, [done[name] for name in node.inputs], own, False)
        for name in step.last_use_of:
            del done[name]
    return done
