"""What a network counts: parameters, MACs, bytes, layers on its longest path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from functools import cached_property
from math import prod

from netlang.ir.graph import Graph, Node
from netlang.kernels.precision import Precision, bytes_of
from netlang.plan.arena import Lifetime, lower_bound
from netlang.views.receptive import Field, receptive_fields


def depth(graph: Graph) -> int:
    """The most conv and linear layers on a path from the input to the output."""
    reached: dict[str, int] = {}
    for node in graph:
        before = max((reached[name] for name in node.inputs), default=0)
        reached[node.name] = before + node.op.is_product
    return reached[graph.output]


@dataclass(frozen=True)
class Counts:
    """Numbers that some layers learn; multiply-adds, and bytes that they write, per image."""

    parameters: int = 0
    macs: int = 0
    memory: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __mul__(self, times: int) -> Counts:
        return Counts(*(times * number for number in astuple(self)))


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    return sum(counts, Counts())


@dataclass(frozen=True)
class Summary:
    """A graph and what it counts where numbers are stored in a precision, an image at a time."""

    graph: Graph
    precision: Precision = "float32"

    def count(self, node: Node) -> Counts:
        """The counts of one layer; the input is no result of the network."""
        written = 0 if node.is_input else self._bytes(node)
        return Counts(self.graph.parameters(node), self.graph.macs(node), written)

    @cached_property
    def total(self) -> Counts:
        """The counts of all layers together."""
        return total(map(self.count, self.graph))

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The receptive field of every value."""
        return receptive_fields(self.graph)

    @cached_property
    def features(self) -> Node:
        """The last value on the way to the output that is a map of several pixels.

        What sees all of it has no field of its own; a network of single pixels has its output.
        """
        graph = self.graph
        needed = graph.needed([graph.output])
        maps = [n for n in graph if n.name in needed and n.type.pixels != (1, 1)]
        return maps[-1] if maps else graph[graph.output]

    @cached_property
    def weights_memory(self) -> int:
        """Bytes of all weights, running statistics among them."""
        weights = (w for node in self.graph for w in self.graph.weights(node).values())
        return self._size * sum(prod(weight.shape) for weight in weights)

    @cached_property
    def peak_memory(self) -> int:
        """The most bytes of activations that are alive at once, per image.

        Layers run one after the other in the order of the graph, as it is written: nothing is fused
        or done in place. A value is alive from the layer that makes it to the last one that reads
        it, both included, so that a layer's inputs and its output are alive together. The input is
        alive from the start, results to the end.
        """
        moment = {node.name: at for at, node in enumerate(self.graph)}
        lives: list[Lifetime] = []
        for name, first in moment.items():
            last = max((moment[user.name] for user in self.graph.users[name]), default=first)
            last = len(moment) - 1 if name in self.graph.results else last
            lives.append(Lifetime(self._bytes(self.graph[name]), first, last))
        return lower_bound(lives)

    @property
    def _size(self) -> int:
        return bytes_of(self.precision)

    def _bytes(self, node: Node) -> int:
        return self._size * node.type.elements
