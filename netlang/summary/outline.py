"""What the parts of a network count, its repeats folded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from netlang.ir.graph import Node
from netlang.summary.counts import Counts, Summary, total
from netlang.views.fold import Folded, fold
from netlang.views.parts import Part, root


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
        return tuple(part for part in root(self.folded).parts if not part.nodes[0].is_input)

    def count(self, nodes: Iterable[Node]) -> Counts:
        """The counts of some of its layers, and of those that they stand for."""
        return total(self._counts[node.name] for node in nodes)

    @cached_property
    def _counts(self) -> dict[str, Counts]:
        summary, folded = self.summary, self.folded
        return {n.name: summary.count(n) * folded.count(n.name) for n in folded.graph}
