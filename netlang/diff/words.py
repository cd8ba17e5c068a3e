"""A difference as people read it: totals, then what differs in each group or block.

Groups and blocks in which the same differs share their lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap

from netlang.diff.compare import Difference, Entry
from netlang.diff.plain import totals
from netlang.diff.sections import lines
from netlang.ground.columns import aligned
from netlang.ir.graph import Node
from netlang.recipe import RECIPES

WIDTH = 100
TOTALS = {"parameters": "parameters", "macs": "MACs", "depth": "layers deep"}


def words(difference: Difference) -> str:
    """The difference as text, without a line break at its end."""
    told = [" -> ".join(graph.name for graph in difference.networks), "", *_totals(difference)]
    for body, heads in _sections(difference.root).items():
        told += ["", *wrap(", ".join(heads), WIDTH), *(f"  {line}" for line in body)]
    return "\n".join([*told, "", *_images(difference), *_recipes(difference), _rest(difference)])


def _totals(difference: Difference) -> list[str]:
    before, after = totals(difference)
    rows = [["", "before", "after", "difference", ""]]
    for what, name in TOTALS.items():
        a, b = before[what], after[what]
        change = [f"{b - a:+,}", f"{(b - a) / a:+.1%}" if a else ""] if a != b else ["none", ""]
        rows.append([name, f"{a:,}", f"{b:,}", *change])
    return aligned(rows)


def _sections(root: Entry) -> dict[tuple[str, ...], list[str]]:
    """What differs, with the groups and blocks in which just this does."""
    found: dict[tuple[str, ...], list[str]] = {}
    for entry in root.walk():
        if entry.before and entry.after and not entry.part.node:
            body = tuple(lines(entry))
            if body:
                found.setdefault(body, []).append(_head(entry))
    return found


def _head(entry: Entry) -> str:
    before, after = (part.path for part in (entry.before, entry.after) if part)
    blocks = any(change.what == "block" for change in entry.changes)
    # Another block has another name as a rule, which says nothing more.
    name = before if blocks or before == after else f"{before} -> {after}"
    times = f" ×{entry.part.times}" if entry.part.times > 1 else ""
    return f"{name or 'outside of groups and blocks'}{times}"


def _images(difference: Difference) -> Iterator[str]:
    """Where values begin to have another height and width, and what it comes to."""
    pairs = [(a, b) for a, b, _ in difference.root.layers() if a and b]
    for differ, run in groupby(pairs, key=lambda pair: pair[0].type.pixels != pair[1].type.pixels):
        inside = list(run)
        if differ:
            first, last = (_image(*pair) for pair in (inside[0], inside[-1]))
            where = inside[0][1].name, inside[-1][1].name
            end = f" to {last} at {where[1]}" if last != first else f" to {where[1]}"
            yield f"images: {first} from {where[0]}" + end * (where[0] != where[1])


def _image(a: Node, b: Node) -> str:
    return " -> ".join("x".join(map(str, node.type.pixels)) for node in (a, b))


def _recipes(difference: Difference) -> Iterator[str]:
    kinds = [change.what for change in difference.root.changes if change.what in RECIPES]
    if kinds:
        yield f"another recipe: {', '.join(kinds)}"


def _rest(difference: Difference) -> str:
    same = renamed = 0
    before, after = difference.folded
    for a, b, mark in difference.root.layers():
        if a and b and mark == "same":
            count = min(before.count(a.name), after.count(b.name))
            same += count
            renamed += count * (a.name != b.name)
    counted = f"{same:,} layers" + (f", {renamed:,} with another name" if renamed else "")
    return f"equal: {counted}" if difference.is_empty else f"unchanged: {counted}"
