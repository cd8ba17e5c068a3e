"""The steps to some values of a graph, and when each value may be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from netlang.ir.graph import Graph


@dataclass(frozen=True)
class Step:
    """A layer: its value, the values it reads, and those that nothing reads after it."""

    name: str
    inputs: tuple[str, ...]
    last_use_of: tuple[str, ...]

    @property
    def path(self) -> list[str]:
        """The way to the layer's module."""
        return self.name.split(".")


@dataclass(frozen=True)
class Schedule:
    """Steps in order, after which the results are there."""

    steps: tuple[Step, ...]
    results: tuple[str, ...]


def schedule(graph: Graph, results: Sequence[str]) -> Schedule:
    """The steps to some values, and to nothing else."""
    needed, alive = graph.needed(results), set(results)
    steps: list[Step] = []
    for node in reversed(graph.nodes):
        if node.name in needed and not node.is_input:
            last = tuple(name for name in dict.fromkeys(node.inputs) if name not in alive)
            alive.update(last)
            steps.append(Step(node.name, node.inputs, last))
    return Schedule(tuple(reversed(steps)), tuple(results))
