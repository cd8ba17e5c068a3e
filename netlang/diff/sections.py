"""What differs directly in one group or block, line by line.

What is alike shares a line: layers that changed in the same way, or that are equal and new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from netlang.diff.compare import Change, Entry, Mark
from netlang.recipe import RECIPES
from netlang.views.parts import Part

SIGNS: dict[Mark, str] = {"changed": "±", "removed": "-", "added": "+"}

MOST_NAMES = 3
"""How many layers a line names before it counts them."""

MOST_LAYERS = 4
"""How many layers of a block are listed before they are counted."""


def lines(entry: Entry) -> list[str]:
    """What differs in the parts of a pair and in it as a whole: changed, removed, added."""
    layers = [e for e in entry.entries if e.part.node and e.mark != "same"]
    found = [*_whole(entry), *_blocks(entry.entries), *_layers(entry, layers)]
    return sorted(found, key=lambda line: list(SIGNS.values()).index(line[0]))


def _whole(entry: Entry) -> Iterator[str]:
    """What changed in a pair itself, but for its number, which its neighbours tell, and recipes."""
    for change in (c for c in entry.changes if c.what not in ("times", *RECIPES)):
        yield f"± {change.what} {_arrow(change)}"
    if entry.part.path and "." not in entry.part.path:
        yield from _output(entry)


def _output(entry: Entry) -> Iterator[str]:
    """What changed in an outermost group's channels; the image's size is told for all at once."""
    before, after = (part.nodes[-1].type for part in (entry.before, entry.after) if part)
    if before.channels != after.channels:
        yield f"± output: {before} -> {after}"


def _arrow(change: Change) -> str:
    return f"{change.before or 'none'} -> {change.after or 'none'}"


# --------------------------------------------------------------------------- blocks


def _blocks(entries: Sequence[Entry]) -> Iterator[str]:
    """Groups and blocks: another number of them, others in their place, new ones, none."""
    for paired, run in groupby(entries, key=lambda e: bool(e.before and e.after)):
        inside = [e for e in run if not e.part.node]
        if paired:
            times = [(e.part, c) for e in inside for c in e.changes if c.what == "times"]
            yield from (f"± {p.title} ×{c.before} -> ×{c.after}" for p, c in times)
            continue
        removed, added = ([e.part for e in inside if e.mark == m] for m in ("removed", "added"))
        if all(part.block for part in removed + added) and removed and added:
            yield f"± {', '.join(_counted(removed))} -> {', '.join(_counted(added))}"
        yield from (f"- {line}" for line in _held(removed))
        yield from (f"+ {line}" for line in _held(added))


def _counted(parts: Iterable[Part]) -> Iterator[str]:
    for kind, run in groupby(parts, key=lambda part: part.title):
        total = sum(part.times for part in run)
        yield f"{kind} ×{total}" if total > 1 else kind


def _held(parts: Sequence[Part]) -> Iterator[str]:
    """Each kind, with what the most frequent of it consists of."""
    runs = [list(run) for _, run in groupby(parts, key=lambda part: part.title)]
    for counted, run in zip(_counted(parts), runs, strict=True):
        yield f"{counted}: {_content(max(run, key=lambda part: part.times))}"


def _content(part: Part) -> str:
    blocks = [inside for inside in part.parts if not inside.node]
    if len(blocks) == len(part.parts):
        return ", ".join(_counted(blocks))
    few = len(part.captions) <= MOST_LAYERS
    return "; ".join(part.captions) if few else f"{len(part.captions)} layers"


# --------------------------------------------------------------------------- layers


def _layers(scope: Entry, entries: Sequence[Entry]) -> Iterator[str]:
    alike: dict[tuple[Mark, str], list[Entry]] = {}
    for entry in entries:
        alike.setdefault((entry.mark, _said(entry)), []).append(entry)
    for (mark, said), group in alike.items():
        node = group[0].part.node
        assert node
        if len(group) <= MOST_NAMES:
            subject = ", ".join(_name(scope, entry) for entry in group)
        else:
            subject = f"{len(group)} {node.op.name}"
        yield f"{SIGNS[mark]} {subject}" + (f": {said}" if said != node.op.name else "")


def _said(entry: Entry) -> str:
    if entry.mark == "changed":
        return ", ".join(f"{change.what} {_arrow(change)}" for change in entry.changes)
    node = entry.part.node
    return node.op.caption if node else ""


def _name(scope: Entry, entry: Entry) -> str:
    """The path of an entry within a group or block, both if they differ."""
    pairs = ((scope.before, entry.before), (scope.after, entry.after))
    names = [b.path.removeprefix(f"{a.path}.") for a, b in pairs if a and b]
    return " -> ".join(dict.fromkeys(names))
