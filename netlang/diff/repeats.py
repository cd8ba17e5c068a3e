"""The repeats of two networks folded alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import groupby

from netlang.ground.tree import tree
from netlang.ir.graph import Graph
from netlang.views.fold import Folded, fold


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
    found: dict[tuple[str, str, int], _Run] = {}
    root = tree(graph.nodes)
    for scope in (root, *root.descendants()):
        ahead = Counter[str]()
        inside = (group.path for group in scope.groups)
        for block, paths in groupby(inside, key=lambda path: graph.blocks.get(path, "")):
            run = tuple(paths)
            key = scope.path, block, ahead[block]
            found[key] = _Run(run, frozenset(_starts(run, folded)))
            ahead[block] += 1
    return found


def _starts(run: tuple[str, ...], folded: Folded) -> Iterator[int]:
    position = 0
    while position < len(run):
        yield position
        position += folded.times.get(run[position], 1)
