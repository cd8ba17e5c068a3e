"""The drawing of a difference: quiet where nothing changed, marked by colour, outline and sign."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from itertools import zip_longest
from typing import Any, cast

from netlang.backends.draw.boxes import Box
from netlang.backends.draw.column import Column, Pen
from netlang.backends.draw.labels import Label, Labels
from netlang.backends.draw.links import Link, spine
from netlang.backends.draw.style import SIGNS, View, mark_style
from netlang.backends.draw.union import REMOVED, Union, unite
from netlang.diff import Difference, Mark, shown
from netlang.ground.tree import scopes
from netlang.ir.attributes import attributes
from netlang.ir.op import Op
from netlang.pictures.palette import Colour

ARROW = "→ "

DOTTED = {"style": "dotted"}

LONGEST = 22
"""The most characters that what was and what is have on one line."""


@dataclass(frozen=True)
class DiffLabels(Labels):
    """The words of two networks in one drawing; `folded` is the second."""

    union: Union

    @cached_property
    def _old(self) -> Labels:
        return Labels(self.union.before, self.view)

    @cached_property
    def _new(self) -> Labels:
        return Labels(self.folded, self.view)

    @cached_property
    def _held(self) -> tuple[dict[str, list[Box]], dict[str, list[Box]]]:
        """The boxes of each network in each group."""
        return _held(self.union.old.values()), _held(self.union.new.values())

    def title(self) -> list[str]:
        lines = zip(self._old.title(), self._new.title(), strict=True)
        return [_arrow(was, now) if was != now else now for was, now in lines]

    def frame(self, path: str, members: Sequence[Box]) -> list[str]:
        old, new = (held.get(path) for held in self._held)
        if old and new:
            return list(_both(self._old.frame(path, old), self._new.frame(path, new), room=99))
        lines = self._old.frame(path, old) if old else self._new.frame(path, new or members)
        return [_signed(lines[0], "removed" if old else "added"), *lines[1:]]

    def box(self, box: Box) -> Label:
        mark = self.union.marks[box.name]
        label = (self._old if mark == "removed" else self._new).box(box)
        if mark == "changed" and box.name in self.union.old:
            old = self.union.old[box.name]
            was = self._old.box(old)
            below = [*_both(was.below, label.below), *_unsaid(old, box)]
            label = Label([list(_both(was.cells[0], label.cells[0]))], below)
        (first, *lines), *cells = label.cells
        return Label([[_signed(first, mark), *lines], *cells], label.below)

    def repeat(self, path: str) -> str:
        was, now = (
            labels.repeat(path) if path in held else ""
            for labels, held in zip((self._old, self._new), self._held, strict=True)
        )
        both = all(path in held for held in self._held)
        if both and was != now:
            return _signed(_arrow(was or "×1", now or "×1"), "changed")
        return was or now


def _held(boxes: Iterable[Box]) -> dict[str, list[Box]]:
    found: dict[str, list[Box]] = {}
    for box in boxes:
        for path in [*scopes(box.name), *filter(None, [box.group])]:
            found.setdefault(path, []).append(box)
    return found


def _signed(line: str, mark: Mark) -> str:
    return " ".join(filter(None, (SIGNS.get(mark, ""), line.replace(REMOVED, ""))))


def _arrow(was: str, now: str) -> str:
    # A size that is written has an arrow of its own, which here would say that it changed.
    return f"{was.removeprefix(ARROW)} {ARROW}{now.removeprefix(ARROW)}"


def _both(was: Sequence[str], now: Sequence[str], room: int = LONGEST) -> Iterator[str]:
    """The lines of two texts in one: what differs is told as it was and as it is."""
    for kind, i, j, k, m in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        for a, b in zip_longest(was[i:j], now[k:m]):
            if kind == "equal":
                yield b
            elif not (a and b):
                yield _signed(a or b, "removed" if a else "added")
            elif len(a) + len(b) <= room:
                yield _arrow(a, b)
            else:
                yield from (a.removeprefix(ARROW), ARROW + b.removeprefix(ARROW))


def _unsaid(old: Box, new: Box) -> Iterator[str]:
    """What changed of the layers of a box and shows in no caption."""
    was = {} if new.group else {node.name: node.op for node in old.nodes}
    for node in (node for node in new.nodes if node.name in was):
        for name in (each.name for each in attributes(type(node.op))):
            before, after = (getattr(op, name) for op in (was[node.name], node.op))
            if before != after and _is_silent(was[node.name], name, after):
                yield f"{name} {_arrow(shown(before), shown(after))}"


def _is_silent(op: Op, name: str, value: Any) -> bool:
    return replace(cast(Any, op), **{name: value}).caption == op.caption


# --------------------------------------------------------------------------- looks


@dataclass(frozen=True)
class DiffPen(Pen):
    """Draws the union of two networks."""

    union: Union

    @classmethod
    def of(cls, difference: Difference, view: View) -> DiffPen:
        """The pen of a difference whose repeats the view has folded."""
        union = unite(difference, view.depth)
        column = Column(union.after, union.boxes, union.links, "")
        return cls(column, view, {}, union)

    @cached_property
    def labels(self) -> Labels:
        return DiffLabels(self.column.folded, self.view, self.union)

    @cached_property
    def spine(self) -> dict[str, int]:
        """The line of the second network, beside which stands what was removed."""
        kept = [link for link in self.column.links if self._mark(link) != "removed"]
        return {name: place for place, name in enumerate(spine(kept, self.column.end))}

    @cached_property
    def _old_spine(self) -> set[str]:
        """The boxes of what was removed, in a line of their own."""
        return set(spine([x for x in self.column.links if self._joins_removed(x)]))

    def _joins_removed(self, link: Link) -> bool:
        ends = (self.union.marks[box.name] for box in (link.source, link.target))
        return set(ends) == {"removed"}

    @property
    def marks(self) -> set[Mark]:
        """The marks that the drawing has."""
        groups = self.column.root.descendants()
        changed = any("→" in self.labels.repeat(group.path) for group in groups)
        found: set[Mark] = {*self.union.marks.values(), *self.union.line_marks.values()}
        if changed:
            found.add("changed")
        return found

    @property
    def dotted(self) -> dict[str, dict[str, str]]:
        """How lines look that are told apart by more than a mark, where the drawing has some."""
        return {x.kind: DOTTED for x in self.column.links if x.kind == "reshaped"}

    def shade(self, box: Box) -> Colour:
        return self.view.palette.marks[self.union.marks[box.name]]

    def box_look(self, box: Box) -> dict[str, str]:
        mark = self.union.marks[box.name]
        look = {"style": mark_style(mark), "penwidth": "1" if mark == "same" else "1.6"}
        look |= {"fillcolor": self.shade(box).fill} if box.symbol else {}
        return look | ({"group": "removed spine"} if box.name in self._old_spine else {})

    def frame_look(self, path: str, members: Sequence[Box]) -> dict[str, str]:
        marks: set[Mark] = {self.union.marks[box.name] for box in members}
        mark: Mark = "same"
        if "→" in self.labels.repeat(path):
            mark = "changed"
        elif len(marks) == 1 and "changed" not in marks:
            mark = marks.pop()
        shade = self.view.palette.marks[mark]
        return {"style": mark_style(mark), "fillcolor": shade.frame, "color": shade.line}

    def link_look(self, link: Link) -> dict[str, str]:
        mark = self._mark(link)
        style = DOTTED if link.kind == "reshaped" else {}
        if mark == "same":
            return style
        look = {"color": self.view.palette.marks[mark].line, "penwidth": "1.8"}
        return look | ({"style": "dashed"} if mark == "removed" else style)

    def _mark(self, link: Link) -> Mark:
        return self.union.line_marks[link.source.name, link.target.name]
