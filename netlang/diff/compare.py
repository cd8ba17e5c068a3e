"""What changed from one network to another.

Both are trees of groups, blocks and layers with their repeats folded (`repeats`). From the root
down, the parts of two that are one are aligned (`align`), and those of each pair in turn. A layer
without a partner may have one in a group or block without a partner, as when layers were gathered
into a block: such a one is opened, and what it holds is aligned in its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from netlang.diff.align import Pair, align
from netlang.diff.repeats import folded_alike
from netlang.ir.attributes import Value, attributes, show, written
from netlang.ir.graph import Graph, Head, Node
from netlang.ir.op import Op
from netlang.views.fold import Folded
from netlang.views.parts import Part, root

Mark = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True)
class Change:
    """One thing about a part, before and after, as the language writes it.

    `what` is an attribute of the operator, or `inputs` for what it reads; of a block it is `block`
    or `times`; of a network `output`, `train`, `eval`, or `head` with a name.
    """

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """A part before and after; what was added has no `before`, what was removed no `after`.

    `entries` are the parts of two that are one; those of an opened block are among its neighbours.
    """

    before: Part | None
    after: Part | None
    changes: tuple[Change, ...] = ()
    entries: tuple[Entry, ...] = ()

    @property
    def mark(self) -> Mark:
        """What became of it, what it holds aside."""
        if not (self.before and self.after):
            return "removed" if self.before else "added"
        return "changed" if self.changes else "same"

    @property
    def part(self) -> Part:
        """The part as it is, or was."""
        part = self.after or self.before
        assert part
        return part

    def walk(self) -> Iterator[Entry]:
        """The entry and all within it, in order."""
        yield self
        for entry in self.entries:
            yield from entry.walk()

    def layers(self) -> Iterator[tuple[Node | None, Node | None, Mark]]:
        """Each layer of both networks once, with its partner."""
        for entry in self.walk():
            if not (entry.before and entry.after):
                for node in entry.part.nodes:
                    a, b = (node, None) if entry.before else (None, node)
                    yield a, b, entry.mark
            elif entry.before.node:
                yield entry.before.node, entry.after.node, entry.mark


@dataclass(frozen=True)
class Difference:
    """Two networks, whole and with their repeats folded, and all their parts."""

    networks: tuple[Graph, Graph]
    folded: tuple[Folded, Folded]
    root: Entry

    @cached_property
    def is_empty(self) -> bool:
        """Whether nothing differs but names."""
        return all(entry.mark == "same" for entry in self.root.walk())

    @cached_property
    def partners(self) -> dict[str, str]:
        """The names of the folded layers that have a partner, with its name."""
        return {a.name: b.name for a, b, _ in self.root.layers() if a and b}


def compare(
    before: Graph, after: Graph, expand: Collection[str] = (), flat: bool = False
) -> Difference:
    """What changed; no repeat is folded in the groups to `expand`, and none at all if `flat`."""
    if flat:
        folded = Folded(before, {}), Folded(after, {})
    else:
        folded = folded_alike(before, after, expand)
    paired = Difference((before, after), folded, _entry(*map(root, folded)))
    changes = _Changes(folded[0].graph, folded[1].graph, paired.partners)
    return replace(paired, root=changes.found(paired.root))


# --------------------------------------------------------------------------- pairs


def _entry(before: Part | None, after: Part | None) -> Entry:
    if not (before and after):
        return Entry(before, after)
    inside = _pairs(before.parts, after.parts)
    return Entry(before, after, entries=tuple(_entry(a, b) for a, b in inside))


def _pairs(a: Sequence[Part], b: Sequence[Part]) -> list[Pair]:
    pairs = align(a, b)
    removed = [x for x, y in pairs if x and not y]
    added = [y for x, y in pairs if y and not x]
    opened = set(_to_open(removed, added)), set(_to_open(added, removed))
    if not any(opened):
        return pairs
    return _closed(_pairs(_spliced(a, opened[0]), _spliced(b, opened[1])), opened)


def _to_open(alone: Sequence[Part], others: Sequence[Part]) -> Iterator[Part]:
    """The groups and blocks whose own parts may be partners of what the other network has left."""
    wanted = {part.kind for part in others}
    for part in alone:
        weighty = [p for p in part.parts if not p.node or p.node.op.is_product]
        kinds = {p.kind for p in weighty or part.parts} - {""}
        if part.times == 1 and kinds & wanted:
            yield part


def _spliced(parts: Sequence[Part], opened: set[Part]) -> list[Part]:
    return [each for part in parts for each in (part.parts if part in opened else (part,))]


def _closed(pairs: list[Pair], opened: tuple[set[Part], set[Part]]) -> list[Pair]:
    """The pairs, with those parts whole again in which no layer has found a partner."""
    found = {part for pair in pairs if all(pair) for part in pair}
    home: dict[Part | None, Part] = {}
    for whole in opened[0] | opened[1]:
        if not found & set(whole.parts):
            home |= dict.fromkeys(whole.parts, whole)
    return list(dict.fromkeys((home.get(x, x), home.get(y, y)) for x, y in pairs))


# --------------------------------------------------------------------------- changes


@dataclass(frozen=True)
class _Changes:
    before: Graph
    after: Graph
    partners: Mapping[str, str]

    @cached_property
    def _kept(self) -> set[str]:
        return set(self.partners.values())

    def found(self, entry: Entry) -> Entry:
        """The entry and all within it with their changes."""
        a, b = entry.before, entry.after
        if not (a and b):
            return entry
        if a.node and b.node:
            changes = [*self._operator(a.node.op, b.node.op), *self._inputs(a.node, b.node)]
        elif a.path:
            changes = [
                Change("block", a.block, b.block),
                Change("times", str(a.times), str(b.times)),
            ]
        else:
            changes = self._network()
        differ = tuple(change for change in changes if change.before != change.after)
        return replace(entry, changes=differ, entries=tuple(map(self.found, entry.entries)))

    def _operator(self, a: Op, b: Op) -> Iterator[Change]:
        for name in (each.name for each in attributes(type(a))):
            yield Change(name, shown(getattr(a, name)), shown(getattr(b, name)))
        if not attributes(type(a)):
            yield Change("operator", a.caption, b.caption)

    def _inputs(self, a: Node, b: Node) -> Iterator[Change]:
        """What it reads, unless that was added or removed, which is told where it stands."""
        if not (self.partners.keys() >= set(a.inputs) and self._kept >= set(b.inputs)):
            return
        read = [self.partners[name] for name in a.inputs], list(b.inputs)
        one, other = map(sorted, read) if a.op.commutes and b.op.commutes else read
        if one != other:
            yield Change("inputs", ", ".join(a.inputs), ", ".join(b.inputs))

    def _network(self) -> Iterator[Change]:
        a, b = self.before, self.after
        if self.partners.get(a.output, b.output) != b.output:
            yield Change("output", a.output, b.output)
        heads = [{head.name: head for head in graph.heads} for graph in (a, b)]
        for name in dict.fromkeys(name for each in heads for name in each):
            yield Change(f"head {name}", *(_weight(each.get(name)) for each in heads))
        recipes = [dict(graph.recipes) for graph in (a, b)]
        for kind in dict.fromkeys(kind for each in recipes for kind in each):
            yield Change(kind, *(_words(each.get(kind, ())) for each in recipes))


def shown(value: Value | None) -> str:
    """The value of an attribute as the language writes it."""
    # A pool without a stride has its kernel's.
    return "kernel" if value is None else show(value)


def _weight(head: Head | None) -> str:
    return f"weight={show(head.weight)}" if head else ""


def _words(words: Sequence[Any]) -> str:
    return "; ".join(f"{word.word} {written(word)}".rstrip() for word in words)
