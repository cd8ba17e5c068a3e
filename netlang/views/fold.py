"""Repeats of a block as one: ResNet-152 on a page.

    conv4_x.bottleneck_2 -> conv4_x.bottleneck_3 -> … -> conv4_x.bottleneck_36

becomes `conv4_x.bottleneck_2`, 35 times. Siblings fold where each has the same operators, wired
alike, and where each reads nothing but the one before it and is read by nothing but the one after.
The first of them stands for all; what read the last one reads the first one, whose types are the
same, so that a folded graph is a graph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from netlang.ground.tree import Tree, scopes, tree
from netlang.ir.graph import Graph, Node


@dataclass(frozen=True)
class Folded:
    """A graph with the first block of each repeat, and how often it stands there, by its path."""

    graph: Graph
    times: Mapping[str, int]

    def count(self, name: str) -> int:
        """How many layers of the whole network a layer stands for."""
        total = 1
        for scope in scopes(name):
            total *= self.times.get(scope, 1)
        return total


def fold(graph: Graph, expand: Collection[str] = (), cuts: Collection[str] = ()) -> Folded:
    """The graph with its repeats folded, but for those in or of the groups to `expand`.

    No repeat goes on over the blocks at `cuts`: each of them begins one of its own.
    """
    folding = _Folding(graph, expand, cuts)
    folding.visit(tree(graph.nodes))
    nodes = tuple(
        replace(node, inputs=tuple(map(folding.standing_for, node.inputs)))
        for node in graph
        if node.name not in folding.dropped
    )
    folded = replace(
        graph,
        nodes=nodes,
        output=folding.standing_for(graph.output),
        heads=tuple(replace(h, output=folding.standing_for(h.output)) for h in graph.heads),
    )
    return Folded(folded, folding.times)


# --------------------------------------------------------------------------- what a block is


@dataclass(frozen=True)
class _Block:
    """A scope as its neighbours see it: `form` is all of it but the names."""

    scope: Tree[Node]
    at: Mapping[str, int]
    entries: tuple[str, ...]
    readers: frozenset[str]
    form: tuple[Any, ...]


def _block(graph: Graph, scope: Tree[Node]) -> _Block:
    at = {node.name: position for position, node in enumerate(scope.leaves)}
    entries: dict[str, int] = {}
    rows: list[tuple[Any, ...]] = []
    for node in scope.leaves:
        # Values from outside count down from -1, in the order in which they are first read.
        wiring = tuple(
            at[x] if x in at else ~entries.setdefault(x, len(entries)) for x in node.inputs
        )
        rows.append((node.op, node.type, wiring))
    readers = [{u.name for u in graph.users[n.name]} - at.keys() for n in scope.leaves]
    exits = tuple(bool(names) for names in readers)
    form = (rows, exits, [graph[name].type for name in entries])
    return _Block(scope, at, tuple(entries), frozenset[str]().union(*readers), form)


def _joint(a: _Block, b: _Block, results: Collection[str]) -> tuple[int, ...] | None:
    """Which values of `a` go into `b`, if `b` reads no others and nothing else reads them."""
    alone = a.readers <= b.at.keys() and not any(name in a.at for name in results)
    if not alone or any(name not in a.at for name in b.entries):
        return None
    return tuple(a.at[name] for name in b.entries)


# --------------------------------------------------------------------------- folding


@dataclass
class _Folding:
    graph: Graph
    expand: Collection[str]
    cuts: Collection[str]
    times: dict[str, int] = field(default_factory=dict[str, int])
    dropped: set[str] = field(default_factory=set[str])
    stands: dict[str, str] = field(default_factory=dict[str, str])

    def standing_for(self, name: str) -> str:
        """The value that is drawn in place of another; a repeat may end within a repeat."""
        while name in self.stands:
            name = self.stands[name]
        return name

    def visit(self, scope: Tree[Node]) -> None:
        """Folds what stands in a scope, then what stands in that."""
        if scope.path in self.expand:
            return
        for run in self._runs(scope.groups):
            if len(run) > 1 and not any(block.scope.path in self.expand for block in run):
                self._fold(run)
                run = run[:1]
            for block in run:
                self.visit(block.scope)

    def _runs(self, siblings: Iterable[Tree[Node]]) -> Iterator[list[_Block]]:
        run: list[_Block] = []
        last: tuple[int, ...] | None = None
        for block in (_block(self.graph, scope) for scope in siblings):
            alike = bool(run) and run[-1].form == block.form and block.scope.path not in self.cuts
            joint = _joint(run[-1], block, self.graph.results) if alike else None
            if joint is None or (last is not None and joint != last):
                if run:
                    yield run
                run, last = [block], None
            else:
                run.append(block)
                last = joint
        if run:
            yield run

    def _fold(self, run: list[_Block]) -> None:
        first, *others = (block.scope for block in run)
        self.times[first.path] = len(run)
        self.dropped.update(node.name for scope in others for node in scope.leaves)
        pairs = zip(others[-1].leaves, first.leaves, strict=True)
        self.stands.update((last.name, stand_in.name) for last, stand_in in pairs)
