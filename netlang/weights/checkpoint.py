"""What a checkpoint of a network holds, and the weights that a graph makes of it.

A checkpoint maps names to arrays; a name is a node's and a slot's
(`conv2_x.bottleneck_1.conv_1.weight`). It belongs to the network as it is written: the weights of
an optimized graph are expressions over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from math import prod

from netlang.ground.arrays import Array, Checkpoint
from netlang.ir.graph import Graph
from netlang.ir.op import Weight
from netlang.ir.weights import Derived, evaluate


def layer_of(tensor: str) -> str:
    """The node that a tensor of a checkpoint belongs to, by its name."""
    return tensor.rpartition(".")[0]


def tensors(graph: Graph) -> dict[str, Weight]:
    """The checkpoint of a network: what it holds by its name, in order.

    ValueError where a pass has changed a weight of the graph: it no longer tells the names.
    """
    changed = next((node.name for node in graph if node.derived), None)
    if changed:
        raise ValueError(f"'{graph.name}' is optimized: %{changed} has no weights of its own")
    return {
        f"{node.name}.{slot}": weight
        for node in graph
        for slot, weight in graph.weights(node).items()
    }


def evaluated(graph: Graph, checkpoint: Checkpoint, dtype: str = "float32") -> dict[str, Array]:
    """The numbers of every weight of a graph by `node.slot`, in order.

    KeyError where the checkpoint lacks a tensor.
    """
    slots = {
        f"{node.name}.{slot}": (node.weight(slot), weight.shape)
        for node in graph
        for slot, weight in graph.weights(node).items()
    }
    derived = {name: shape for name, (e, shape) in slots.items() if isinstance(e, Derived)}
    room = _room(derived, dtype)
    return {
        name: evaluate(expr, checkpoint, room.get(name)).astype(dtype, copy=False)
        for name, (expr, _) in slots.items()
    }


def _room(shapes: Mapping[str, tuple[int, ...]], dtype: str) -> dict[str, Array]:
    """Arrays to be filled, in one piece of memory.

    The system gives that in huge pages; many small ones cost more time than the numbers in them.
    """
    import numpy as np

    memory = np.empty(sum(map(prod, shapes.values())), dtype)
    ends = accumulate(map(prod, shapes.values()))
    return {
        name: memory[end - prod(shape) : end].reshape(shape)
        for (name, shape), end in zip(shapes.items(), ends, strict=True)
    }
