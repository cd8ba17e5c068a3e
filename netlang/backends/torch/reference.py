"""What a network computes, straight from the operators' meaning: the oracle of every backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.ir.graph import Graph
from netlang.weights import evaluated


def reference(
    graph: Graph, weights: Mapping[str, Any], *inputs: Any, dtype: torch.dtype = torch.float64
) -> Tensor:
    """The output of a network at inference, NCHW; see `values`."""
    return values(graph, weights, *inputs, dtype=dtype)[graph.output]


@torch.inference_mode()
def values(
    graph: Graph, weights: Mapping[str, Any], *inputs: Any, dtype: torch.dtype = torch.float64
) -> dict[str, Tensor]:
    """Every value of a network at inference by its name, computed in `dtype` throughout.

    `weights` is a checkpoint of arrays for the network as it is written; the graph may be
    optimized. `inputs` are arrays or tensors, N x C x H x W, in the order of the graph's inputs.
    """
    numbers = evaluated(graph, weights, "float64")
    done = {
        node.name: torch.as_tensor(x).to(dtype)
        for node, x in zip(graph.inputs, inputs, strict=True)
    }
    for node in graph:
        if node.name not in done:
            given = [done[name] for name in node.inputs]
            own = {
                slot: torch.from_numpy(numbers[f"{node.name}.{slot}"]).to(dtype)
                for slot in graph.weights(node)
            }
            done[node.name] = node.op.torch(F, given, own, False)
    return done
