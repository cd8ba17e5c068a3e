"""A network as groups of blocks of layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from netlang.fold import Folded, fold
from netlang.ir.graph import Node
from netlang.summary.counts import Counts, Summary, total


@dataclass(frozen=True)
class Part:
    """A layer, or a group or block with what stands in it, in order.

    `label` is what a picture calls it: a layer by its caption, a repeat by its block, with its
    number. `nodes` are its layers, of a repeat those of the first.
    """

    path: str
    label: str
    nodes: tuple[Node, ...]
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """The last word of its path."""
        return self.path.rpartition(".")[2]


def parts(folded: Folded) -> tuple[Part, ...]:
    """The outermost groups and layers; `Folded(graph, {})` is a graph that is not folded."""
    return _within("", folded.graph.nodes, folded)


def _within(scope: str, nodes: tuple[Node, ...], folded: Folded) -> tuple[Part, ...]:
    def path(node: Node) -> str:
        return scope + node.name[len(scope) :].partition(".")[0]

    return tuple(_part(own, tuple(held), folded) for own, held in groupby(nodes, path))


def _part(path: str, nodes: tuple[Node, ...], folded: Folded) -> Part:
    if nodes[0].name == path:
        return Part(path, nodes[0].op.caption, nodes)
    times = folded.times.get(path, 1)
    name = path.rpartition(".")[2]
    label = f"{folded.graph.blocks.get(path, name)} ×{times}" if times > 1 else name
    return Part(path, label, nodes, _within(f"{path}.", nodes, folded))


@dataclass(frozen=True)
class Outline:
    """A network whose repeats are folded, each counted as often as it stands there."""

    summary: Summary

    @cached_property
    def folded(self) -> Folded:
        """The graph of it."""
        return fold(self.summary.graph)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The outermost groups and layers, but for the input."""
        return tuple(part for part in parts(self.folded) if part.nodes[0].inputs)

    def count(self, nodes: Iterable[Node]) -> Counts:
        """Of some of its layers and of those that they stand for."""
        return total(self._counts[node.name] for node in nodes)

    @cached_property
    def _counts(self) -> dict[str, Counts]:
        summary, folded = self.summary, self.folded
        return {n.name: summary.count(n) * folded.count(n.name) for n in folded.graph}
