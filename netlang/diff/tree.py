"""A network as a tree: groups hold blocks, blocks hold layers, each in the order of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from netlang.fold import Folded, fold, scopes
from netlang.ir.graph import Graph, Node


@dataclass(frozen=True, eq=False)
class Part:
    """A layer, or a group or block with all that it holds; the network itself has no path.

    `block` is what a call is of, empty for others; `times` is how often a folded one stands there.
    """

    path: str
    node: Node | None = None
    block: str = ""
    times: int = 1
    parts: tuple[Part, ...] = ()

    @property
    def name(self) -> str:
        """The last word of its path."""
        return self.path.rpartition(".")[2]

    @property
    def kind(self) -> str:
        """Its operator or its block; groups have none."""
        return self.node.op.name if self.node else self.block

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Its layers."""
        return (self.node,) if self.node else tuple(n for part in self.parts for n in part.nodes)

    @cached_property
    def form(self) -> tuple[object, ...]:
        """All of it but names and wiring."""
        return self.node.op if self.node else "", self.times, tuple(p.form for p in self.parts)

    @cached_property
    def captions(self) -> list[str]:
        """What a drawing says of its layers with weights, or of all if it has none."""
        learned = [n for n in self.nodes if n.op.is_product]
        return [n.op.caption for n in learned or self.nodes]

    @cached_property
    def bag(self) -> Counter[str]:
        """Its captions in no order."""
        return Counter(self.captions)


def tree(folded: Folded) -> Part:
    """The network whose repeats are folded."""
    held: dict[str, dict[str, Node | None]] = {"": {}}
    for node in folded.graph:
        around = ""
        for path in scopes(node.name):
            held[around].setdefault(path)
            held.setdefault(path, {})
            around = path
        held[around][node.name] = node
    return _part("", held, folded)


def _part(path: str, held: Mapping[str, Mapping[str, Node | None]], folded: Folded) -> Part:
    parts = [Part(p, node) if node else _part(p, held, folded) for p, node in held[path].items()]
    block = folded.graph.blocks.get(path, "")
    return Part(path, None, block, folded.times.get(path, 1), tuple(parts))


# --------------------------------------------------------------------------- folding alike


def folded_alike(a: Graph, b: Graph, expand: Collection[str] = ()) -> tuple[Folded, Folded]:
    """Both graphs folded, a repeat cut where the other network has so many blocks in other pieces.

    One block of a repeat that was edited is a difference of that block, and not of how often the
    others stand there.
    """
    folded = fold(a, expand), fold(b, expand)
    runs = [_runs(graph, each) for graph, each in zip((a, b), folded, strict=True)]
    cuts: set[str] = set()
    for key in runs[0].keys() & runs[1].keys():
        one, other = runs[0][key], runs[1][key]
        if len(one.paths) == len(other.paths) and one.starts != other.starts:
            cuts |= {run.paths[i] for run in (one, other) for i in one.starts | other.starts}
    return (fold(a, expand, cuts), fold(b, expand, cuts)) if cuts else folded


@dataclass(frozen=True)
class _Run:
    """Calls of one block in a row, and the positions at which what is folded begins."""

    paths: tuple[str, ...]
    starts: frozenset[int]


def _runs(graph: Graph, folded: Folded) -> dict[tuple[str, str, int], _Run]:
    """The calls by the path around them, their block, and the number of such runs ahead."""
    calls = {path: None for node in graph for path in scopes(node.name)}
    around: dict[str, list[str]] = {}
    for path in calls:
        around.setdefault(path.rpartition(".")[0], []).append(path)
    found: dict[tuple[str, str, int], _Run] = {}
    ahead = Counter[tuple[str, str]]()
    for scope, inside in around.items():
        for block, paths in groupby(inside, key=lambda path: graph.blocks.get(path, "")):
            run = tuple(paths)
            found[scope, block, ahead[scope, block]] = _Run(run, frozenset(_starts(run, folded)))
            ahead[scope, block] += 1
    return found


def _starts(run: tuple[str, ...], folded: Folded) -> Iterator[int]:
    position = 0
    while position < len(run):
        yield position
        position += folded.times.get(run[position], 1)
