"""Two networks as one drawing: what both have stands once, what one has alone beside it.

Each network is gathered into boxes by itself, under common names: what is one in both has the name
of the second network, and what was removed one that no layer can have. Boxes of one name are one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from netlang.backends.draw.boxes import Box, boxes_of
from netlang.backends.draw.links import Link, links
from netlang.diff import Difference, Entry, Mark
from netlang.ir.graph import Node
from netlang.views.fold import Folded

REMOVED = "removed "
"""Begins the name of what was removed; a blank is in no name of the language."""

Ends = tuple[str, str]
"""The names of the boxes that a line joins."""


@dataclass(frozen=True)
class Union:
    """Both networks under common names; `old` and `new` are the boxes of each by their name.

    `boxes` and `links` are drawn, `marks` say what became of them.
    """

    before: Folded
    after: Folded
    old: Mapping[str, Box]
    new: Mapping[str, Box]
    boxes: list[Box]
    links: list[Link]
    marks: Mapping[str, Mark]
    line_marks: Mapping[Ends, Mark]


def unite(difference: Difference, depth: int | None = None) -> Union:
    """The union of two networks, in which one box holds all below `depth` levels of groups."""
    names = dict(_names(difference.root))
    before, after = _renamed(difference.folded[0], names), difference.folded[1]
    # What was in one box is under the names that it had: layers of others may be between them now.
    was = (_renamed_box(box, names) for box in boxes_of(difference.folded[0], depth))
    old, new = ({b.name: b for b in each} for each in (was, boxes_of(after, depth)))
    homes = dict(_homes(old, new))
    marks = _marks(difference, names, old, new)
    marks |= {home.name: "removed" for home in homes.values() if home.name not in new}
    for name in old.keys() & new.keys():
        if before.times.get(old[name].group, 1) != after.times.get(new[name].group, 1):
            marks[name] = "changed"
    drawn = _in_order(new, homes)
    joined = [
        replace(link, source=homes[link.source.name], target=homes[link.target.name])
        for link in links(list(old.values()))
    ]
    lines = list(_lines(joined, links(list(new.values())), marks))
    ends: dict[Ends, Mark] = {(x.source.name, x.target.name): mark for x, mark in lines}
    return Union(before, after, old, new, drawn, [link for link, _ in lines], marks, ends)


# --------------------------------------------------------------------------- names


def _names(pair: Entry) -> Iterator[tuple[str, str]]:
    """The path in the first network and the common one, of all within a pair."""
    before, after = (
        f"{part.path}." if part and part.path else "" for part in (pair.before, pair.after)
    )
    for entry in pair.entries:
        if entry.before and entry.after:
            yield entry.before.path, entry.after.path
            yield from _names(entry)
        elif entry.before:
            # Of an opened block, which the union has not, the path becomes a part of the name.
            own = entry.before.path.removeprefix(before).replace(".", " ")
            whole = f"{after}{REMOVED}{own}"
            inside = (part.path for part in entry.before.walk())
            yield from ((path, whole + path.removeprefix(entry.before.path)) for path in inside)


def _renamed(folded: Folded, names: Mapping[str, str]) -> Folded:
    graph = folded.graph
    nodes = tuple(_renamed_node(node, names) for node in graph)
    heads = tuple(
        replace(head, name=names.get(head.name, head.name), output=names[head.output])
        for head in graph.heads
    )
    times = {names[path]: times for path, times in folded.times.items()}
    return Folded(replace(graph, nodes=nodes, output=names[graph.output], heads=heads), times)


def _renamed_box(box: Box, names: Mapping[str, str]) -> Box:
    nodes, slices = (
        tuple(_renamed_node(node, names) for node in each) for each in (box.nodes, box.slices)
    )
    return replace(box, nodes=nodes, group=names.get(box.group, box.group), slices=slices)


def _renamed_node(node: Node, names: Mapping[str, str]) -> Node:
    return replace(node, name=names[node.name], inputs=tuple(names[x] for x in node.inputs))


# --------------------------------------------------------------------------- boxes


def _homes(old: Mapping[str, Box], new: Mapping[str, Box]) -> Iterator[tuple[str, Box]]:
    """The box of the union that each of the first network is."""
    holds = {value.name: box for box in new.values() for value in box.values}
    for name, box in old.items():
        home = new.get(name) or holds.get(box.nodes[0].name)
        # What rode along with what was removed may ride along with something else now.
        alone = [each for each in box.counted if each[0].name not in holds]
        nodes, times = zip(*alone, strict=True) if alone else ((), ())
        yield name, home or replace(box, nodes=nodes, times=times)


def _in_order(new: Mapping[str, Box], homes: Mapping[str, Box]) -> list[Box]:
    """What was removed stands behind what it stood behind."""
    behind: dict[str, list[Box]] = {}
    last = ""
    for home in homes.values():
        if home.name in new:
            last = home.name
        else:
            behind.setdefault(last, []).append(home)
    found = behind.get("", [])
    for name, box in new.items():
        found = [*found, box, *behind.get(name, [])]
    return found


def _marks(
    difference: Difference,
    names: Mapping[str, str],
    old: Mapping[str, Box],
    new: Mapping[str, Box],
) -> dict[str, Mark]:
    """What became of the boxes of the second network."""
    nodes: dict[str, Mark] = {}
    for a, b, mark in difference.root.layers():
        nodes[b.name if b else names[a.name] if a else ""] = mark
    found: dict[str, Mark] = {}
    for name, box in new.items():
        # A box goes by the layer that it is named after, a group by all that it holds.
        added = all(nodes[node.name] == "added" for node in box.nodes[: None if box.group else 1])
        gone = [n for n in (old[name].nodes if name in old else ()) if nodes[n.name] == "removed"]
        differs = gone or any(nodes[node.name] != "same" for node in box.nodes)
        if added and name not in old:
            found[name] = "added"
        else:
            found[name] = "changed" if differs else "same"
    return found


# --------------------------------------------------------------------------- lines


def _lines(
    before: Iterable[Link], after: Iterable[Link], marks: Mapping[str, Mark]
) -> Iterator[tuple[Link, Mark]]:
    """Each line once. One past boxes that the other network has alone is not told apart.

    Where a layer was put between two, the line between these did not go: it goes through the layer.
    """
    old, new = (
        {(x.source.name, x.target.name, x.kind): x for x in each} for each in (before, after)
    )
    ways_before, ways_after = ({(s, t) for s, t, _ in each} for each in (old, new))
    gone, come = _Through(ways_before, marks, "removed"), _Through(ways_after, marks, "added")
    for (source, target, _), link in new.items():
        kept = (source, target) in ways_before or gone.joins(source, target)
        yield link, "same" if kept else "added"
    for (source, target, _), link in old.items():
        kept = (source, target) in ways_after or come.joins(source, target)
        if source != target and not kept:
            yield link, "removed"


class _Through:
    """The ways through boxes of one mark."""

    def __init__(self, ways: Iterable[Ends], marks: Mapping[str, Mark], mark: Mark):
        self._next: dict[str, list[str]] = {}
        self._passed = {name for name, own in marks.items() if own == mark}
        for source, target in ways:
            self._next.setdefault(source, []).append(target)

    def joins(self, source: str, target: str) -> bool:
        """Whether there is a way that passes nothing but such boxes, and one of them at least."""
        seen: set[str] = set()
        ahead = [name for name in self._next.get(source, []) if name in self._passed]
        while ahead:
            at = ahead.pop()
            if at in seen:
                continue
            seen.add(at)
            if target in self._next.get(at, []):
                return True
            ahead += [name for name in self._next.get(at, []) if name in self._passed]
        return False
