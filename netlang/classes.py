"""What a classifier's output says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.ir.graph import Graph, Node
from netlang.ops.norm import Softmax


class Guess(NamedTuple):
    """A class, which counts from 0, its label where there are some, and how probable it is."""

    number: int
    label: str | None
    probability: float


def is_classifier(graph: Graph) -> bool:
    """Whether a network's output is one number a class."""
    return graph[graph.output].type.pixels == (1, 1)


def class_count(graph: Graph, otherwise: str = "") -> int:
    """How many classes a network tells apart; NetError where its output is an image.

    `otherwise` says what the asker could do with an image.
    """
    output = graph[graph.output].type
    if not is_classifier(graph):
        raise error(
            f"'{graph.name}' gives {output}, which are not classes",
            help=f"{otherwise}end the network with: avgpool global -> linear 1000 -> softmax",
        )
    return output.channels


def classifiers(graph: Graph) -> frozenset[str]:
    """The layers that score the classes: the network's, and those of its heads."""
    return frozenset(_last_with_weights(graph, graph[name]).name for name in graph.results)


def _last_with_weights(graph: Graph, node: Node) -> Node:
    while not node.is_input and not graph.weights(node):
        node = graph[node.inputs[0]]
    return node


def to_probabilities(graph: Graph) -> Graph:
    """The network with a softmax at its end, whose output is a probability of each class."""
    output = graph[graph.output]
    if isinstance(output.op, Softmax):
        return graph
    softmax = Node(graph.fresh("softmax"), Softmax(), (output.name,), output.type)
    return replace(graph, nodes=(*graph.nodes, softmax), output=softmax.name)


def read_labels(path: Path, graph: Graph) -> list[str]:
    """The names of a network's classes, from a text with one a line."""
    if not path.is_file():
        raise error(f"there is no file of labels '{path}'")
    try:
        # Editors of Windows put a byte order mark first.
        labels = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise error(f"the labels '{path}' are not UTF-8 text") from None
    classes = class_count(graph)
    if len(labels) != classes:
        raise error(
            f"'{path}' has {len(labels)} labels and '{graph.name}' has {classes} classes",
            help="write one label a line, in the order of the classes",
        )
    return labels


def likeliest(
    graph: Graph, output: Array, count: int, labels: Sequence[str] | None = None
) -> list[Guess]:
    """The classes of highest probability, the highest first.

    `output` is the network's for one image; where it does not end in a softmax, it gets one.
    """
    scores = output.reshape(-1)
    if not isinstance(graph[graph.output].op, Softmax):
        scores = _softmax(scores)
    best = (-scores).argsort(kind="stable")[:count]
    return [
        Guess(number, labels[number] if labels else None, float(scores[number]))
        for number in map(int, best)
    ]


def _softmax(scores: Array) -> Array:
    import numpy as np

    powers = np.exp(scores - scores.max())
    return powers / powers.sum()
