"""A network as plain values for the page's scripts.

    {"name", "totals", "root", "forms", "fields", "places"}

A form is what a scope holds, its boxes, scopes and repeats, and how it looks closed. Scopes that
are alike share their form, so that a block that stands there 200 times is written once. `root` is
the network's. Boxes are counted through the tree; a form counts them from its first, and names by
`~n` the n-th box outside that it reads.
`fields` are the receptive fields of all boxes, `places` the lines of source that they come from.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from netlang.backends.draw.boxes import Box
from netlang.backends.draw.column import Column
from netlang.backends.draw.labels import Labels
from netlang.backends.draw.links import Kind
from netlang.backends.draw.style import View
from netlang.backends.page.scopes import Item, Repeat, Scope, as_scope, boxes_of
from netlang.diagnostic import Label
from netlang.ground.files import real
from netlang.ground.resources import zoo_dir
from netlang.ground.tree import scopes
from netlang.ground.units import si
from netlang.ir.graph import Graph, Node
from netlang.lower.paths import shown
from netlang.passes import inference
from netlang.pictures.palette import Size
from netlang.summary import Summary
from netlang.views.fold import Folded, fold
from netlang.views.receptive import Field, receptive_fields

Json = dict[str, Any]


def whole(graph: Graph) -> Column:
    """The drawing of every layer: what the page can show once all is open."""
    return Column.of(graph, "", View(flat=True))


def network(column: Column, stages: Mapping[Size, int]) -> Json:
    """A network; `stages` are the numbers of the colours, by the size of image."""
    return _Writer(column, stages).network()


@dataclass
class _Reads:
    """The numbers by which a form knows boxes; what comes from outside joins `entries`."""

    start: int
    end: int
    entries: dict[int, int] = field(default_factory=dict[int, int])

    def of(self, box: int) -> int:
        if self.start <= box < self.end:
            return box - self.start
        return ~self.entries.setdefault(box, len(self.entries))


@dataclass(frozen=True)
class _Writer:
    column: Column
    stages: Mapping[Size, int]
    forms: dict[str, int] = field(default_factory=dict[str, int])
    places: dict[tuple[str, int, str], int] = field(default_factory=dict[tuple[str, int, str], int])

    @property
    def graph(self) -> Graph:
        return self.column.folded.graph

    @cached_property
    def times(self) -> Mapping[str, int]:
        return fold(self.graph).times

    @cached_property
    def root(self) -> Scope:
        return as_scope(self.column.root, self.times)

    @cached_property
    def order(self) -> dict[str, int]:
        return {box.name: number for number, box in enumerate(boxes_of(self.root))}

    @cached_property
    def sources(self) -> dict[str, list[tuple[int, Kind]]]:
        found: dict[str, list[tuple[int, Kind]]] = {name: [] for name in self.order}
        for link in self.column.links:
            found[link.target.name].append((self.order[link.source.name], link.kind))
        return found

    def network(self) -> Json:
        form, _ = self._form(self.root)
        fields = receptive_fields(self.graph)
        return {
            "name": self.graph.name,
            "totals": _totals(self.graph),
            "root": form,
            "forms": [json.loads(text) for text in self.forms],
            "fields": [_field(fields[box.nodes[-1].name]) for box in boxes_of(self.root)],
            "places": list(self.places),
        }

    def _form(self, scope: Scope) -> tuple[int, list[int]]:
        """The number of a scope's form, and the boxes outside that it reads."""
        held = list(boxes_of(scope))
        start = self.order[held[0].name]
        reads = _Reads(start, start + len(held))
        items = [told for item in scope.items for told in self._item(item, scope.path, reads)]
        look = self._closed(scope, held) if scope.path else {}
        text = json.dumps({"items": items, "count": len(held), **look})
        return self.forms.setdefault(text, len(self.forms)), list(reads.entries)

    def _closed(self, scope: Scope, held: list[Box]) -> Json:
        _, output, *_ = Labels(self.column.folded, View()).frame(scope.path, held)
        return {
            "block": self.graph.blocks.get(scope.path, ""),
            "out": output,
            "stage": self._stage(held[-1]),
            **self._label(_as_box(scope), {}),
        }

    def _item(self, item: Item, around: str, reads: _Reads) -> list[Json]:
        match item:
            case Box():
                return [self._box(item, around, reads)]
            case Scope():
                return [self._scope(item, around, reads)]
            case Repeat(members=members):
                written = [self._scope(member, around, reads) for member in members]
                if len({member["form"] for member in written}) > 1:
                    return written  # alike in what they compute, but not in names or source
                look = self._label(_as_box(members[0]), self.times)
                return [{"members": written, **look}]

    def _scope(self, scope: Scope, around: str, reads: _Reads) -> Json:
        form, entries = self._form(scope)
        first = next(boxes_of(scope)).nodes[0]
        return {
            "name": _within(around, scope.path),
            "form": form,
            "reads": [reads.of(box) for box in entries],
            "place": self._place(_call(self.graph, scope.path, first)),
        }

    def _box(self, box: Box, around: str, reads: _Reads) -> Json:
        return {
            "name": _within(around, box.name),
            "symbol": box.symbol,
            "beside": box.beside if box.symbol else "",
            "stage": self._stage(box),
            "reads": [[reads.of(source), kind] for source, kind in self.sources[box.name]],
            "in": [str(self.graph[name].type) for name in box.inputs],
            "out": str(box.output),
            "nodes": [self._node(node, around) for node in box.nodes],
            **self._label(box, {}),
        }

    def _node(self, node: Node, around: str) -> list[Any]:
        numbers = self.graph.parameters(node), self.graph.macs(node)
        place = self._place(next(iter(node.origin), None))
        return [_within(around, node.name), node.op.caption, *numbers, place]

    def _label(self, box: Box, times: Mapping[str, int]) -> Json:
        """The words of a box; the lines that a view asks for come by their name as well."""
        folded = Folded(self.graph, times)
        plain, shapes, full = (
            Labels(folded, view).box(box)
            for view in (View(), View(shapes=True), View(shapes=True, params=True))
        )
        below = [
            [line, "" if line in plain.below else "shapes" if line in shapes.below else "params"]
            for line in full.below
        ]
        return {"cells": full.cells, "below": below}

    def _stage(self, box: Box) -> int:
        """The number of its colour, -1 for the plain one."""
        size = self.column.stage(box)
        return self.stages.get(size, -1) if size else -1

    def _place(self, label: Label | None) -> int:
        """The number of a line of source, -1 where a graph has none."""
        if label is None:
            return -1
        source = label.span.source
        line, _ = source.place(label.span.start)
        entry = _file(source.name), line, source.line(line).strip()
        return self.places.setdefault(entry, len(self.places))


def _totals(graph: Graph) -> str:
    """What a network counts; its heads do in training alone."""
    used, whole = Summary(inference(graph)).total, Summary(graph).total
    training = f"; {si(whole.parameters)} params in training" if graph.heads else ""
    return f"{si(used.parameters)} params, {si(used.macs)} MACs{training}"


def _as_box(scope: Scope) -> Box:
    """A scope as the one box that a drawing makes of it."""
    nodes = (node for box in boxes_of(scope) for node in box.nodes)
    return Box(tuple(nodes), scope.path)


def _file(name: str) -> str:
    """How a page that others may open calls a file: no word of the folders of this machine.

    What comes along with netlang is in `zoo/`; a path that the command was given as a whole one is
    told from the folder that it ran in, or by its last word alone.
    """
    path = real(Path(name))
    if path.is_relative_to(zoo_dir()):
        return f"zoo/{path.relative_to(zoo_dir()).as_posix()}"
    if not Path(name).is_absolute():
        return name
    own = shown(path)
    return path.name if own.is_absolute() else own.as_posix()


def _within(around: str, name: str) -> str:
    return name.removeprefix(f"{around}.") if around else name


def _call(graph: Graph, path: str, node: Node) -> Label | None:
    """Where the source calls a block: a node's origin has the calls around it, innermost first."""
    around: Iterable[str] = (s for s in scopes(node.name) if s in graph.blocks)
    calls = dict(zip(reversed(list(around)), node.origin[1:], strict=False))
    return calls.get(path)


def _field(seen: Field) -> str:
    return "x".join(str(reach.pixels) for reach in seen)
