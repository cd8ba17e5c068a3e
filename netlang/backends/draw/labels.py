"""What boxes and frames say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from netlang.backends.draw.boxes import Box, result, short
from netlang.backends.draw.style import View, width_of
from netlang.ground.tree import scopes
from netlang.ground.units import si
from netlang.ir.graph import Node
from netlang.views.fold import Folded


@dataclass(frozen=True)
class Label:
    """What a box says: lines in cells side by side, then lines below all of them."""

    cells: list[list[str]]
    below: list[str]

    @property
    def width(self) -> float:
        """The room that it needs in a box, in points; cells are as wide as the widest."""
        widest = max(_room(line) for cell in self.cells for line in cell)
        return max([len(self.cells) * widest, *map(_room, self.below)])

    def look(self, horizontal: bool) -> dict[str, str]:
        """The attributes of the box that says it: a record where it has several cells."""
        if len(self.cells) == 1:
            return {"label": "\n".join([*self.cells[0], *self.below])}
        # Braces turn a record's direction, and a drawing on its side has turned it already. What
        # breaks a line in other labels is dropped in a record's.
        rows = ["{" + "|".join(r"\n".join(cell) for cell in self.cells) + "}"]
        rows += [r"\n".join(self.below)] if self.below else []
        record = "|".join(rows)
        return {"label": record if horizontal else "{" + record + "}", "shape": "record"}


def _room(line: str) -> float:
    return width_of(line) + 12


@dataclass(frozen=True)
class Labels:
    """The words of one network's drawing, as lists of lines."""

    folded: Folded
    view: View

    def title(self) -> list[str]:
        """The words about the whole network; what its heads learn is there in training alone."""
        graph = self.folded.graph
        if not self.view.params:
            return [graph.name]
        needed = graph.needed([graph.output])
        used, whole = self._count(n for n in graph if n.name in needed), self._count(graph)
        training = f", {si(whole)} in training" if whole != used else ""
        return [graph.name, f"{si(used)} params{training}"]

    def frame(self, path: str, members: Sequence[Box]) -> list[str]:
        """The words about an outermost group: its name, its output, all of its parameters."""
        nodes = tuple(node for box in members for node in box.nodes)
        given = str(result(path, members))
        return [self._name(short(path), path), given, *self._parameters(nodes)]

    def box(self, box: Box) -> Label:
        """The words in a box; outside of groups it says what size it makes of the image."""
        graph = self.folded.graph
        before = {graph[name].type.pixels for name in box.inputs}
        resized = not any(scopes(box.name)) and before != {box.size}
        own = sum(times * graph.parameters(node) for node, times in box.counted)
        repeats = self.folded.count(f"{box.group}." if box.group else box.name) > 1
        each = " each" if repeats else ""
        (first, *lines), *cells = box.cells
        below = [
            *filter(None, [box.riders]),
            *([f"→ {box.shape}"] if self.view.shapes or resized else []),
            *([f"{si(own)} params{each}"] if self.view.params and own else []),
        ]
        return Label([[self._name(first, box.group), *lines], *cells], below)

    def sign(self, box: Box) -> dict[str, str]:
        """The attributes of a sum or a product: a circle, longer where more follows in its box."""
        if not box.beside:
            look = {"label": box.symbol, "shape": "circle", "style": "filled", "width": "0.3"}
            return look | {"fixedsize": "true", "margin": "0"}
        label = f"{box.symbol}  {box.beside}"
        return {"label": label, "width": f"{_room(label) / 72:.2f}", "height": "0.25"}

    def repeat(self, path: str) -> str:
        """How often a block stands there, nothing where it does once."""
        times = self.folded.times.get(path, 1)
        return f"×{times}" if times > 1 else ""

    @cached_property
    def heads(self) -> set[str]:
        """The groups that help to train the others and are gone at inference."""
        return {head.name for head in self.folded.graph.heads}

    def _name(self, text: str, path: str) -> str:
        only = ", training only" if path in self.heads else ""
        return "  ".join(filter(None, (text + only, self.repeat(path))))

    def _parameters(self, nodes: tuple[Node, ...]) -> list[str]:
        total = self._count(nodes)
        return [f"{si(total)} params"] if total and self.view.params else []

    def _count(self, nodes: Iterable[Node]) -> int:
        """What nodes learn, each as often as it stands there."""
        graph, times = self.folded.graph, self.folded.count
        return sum(graph.parameters(node) * times(node.name) for node in nodes)
