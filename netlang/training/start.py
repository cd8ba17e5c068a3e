"""Where the weights start: `init` and `bias` of a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from netlang.diagnostic import did_you_mean, error
from netlang.ground.arrays import Array
from netlang.ir.graph import Graph, Node
from netlang.recipe import Bias, Init, Word, all_of, one_of
from netlang.weights import random_weights, tensors
from netlang.weights.random import he_deviation


def starting_weights(graph: Graph, words: Sequence[Word], seed: int) -> dict[str, Array]:
    """The checkpoint that a network's training starts from; He's where no `init` says otherwise.

    NetError where a `bias` is of a group that is not there, or has no biases.
    """
    init = one_of(words, Init) or Init()
    weights = random_weights(graph, seed, trained=False)
    for name, weight in tensors(graph).items():
        if weight.init == "he":
            weights[name] *= _deviation(init, weight.shape) / he_deviation(weight.shape)
    for bias in all_of(words, Bias):
        for name in _biases(graph, bias):
            weights[name].fill(bias.value)
    return weights


def _deviation(init: Init, shape: tuple[int, ...]) -> float:
    """Of a Gaussian; that of `xavier` after Glorot and Bengio 2010, equation 12."""
    if init.kind == "gaussian":
        return init.std
    if init.kind == "he":
        return he_deviation(shape)
    out, into, *window = shape
    return (2 / (prod(window) * (into + out))) ** 0.5


def _biases(graph: Graph, bias: Bias) -> list[str]:
    found = [
        f"{node.name}.bias"
        for node in graph
        if _is_in(node, bias.of) and node.op.is_product and "bias" in graph.weights(node)
    ]
    if not found:
        groups = {node.name.partition(".")[0] for node in graph}
        raise error(
            f"'bias {bias.value:g}, of={bias.of}' finds no biases: '{graph.name}' has no layers "
            f"with a bias in '{bias.of}'",
            help=did_you_mean(bias.of, groups - {bias.of}) or "name a group, or a layer",
        )
    return found


def _is_in(node: Node, group: str) -> bool:
    return f"{node.name}.".startswith(f"{group}.")
