"""What boxes and frames say."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.backends.draw.boxes import Box
from netlang.backends.draw.fold import Folded, scopes
from netlang.backends.draw.style import View
from netlang.ir.graph import Node


@dataclass(frozen=True)
class Labels:
    """The words of one network's drawing, as lists of lines."""

    folded: Folded
    view: View

    def title(self) -> list[str]:
        """Of the whole network."""
        graph = self.folded.graph
        return [graph.name, *self._parameters(graph.nodes)]

    def frame(self, path: str, members: list[Box]) -> list[str]:
        """Of an outermost group: its name, its output, all of its parameters."""
        nodes = tuple(node for box in members for node in box.nodes)
        return [self._repeated(path, path), str(members[-1].output), *self._parameters(nodes)]

    def box(self, box: Box) -> list[str]:
        """Of a box; outside of groups it says what size it makes of the image."""
        graph = self.folded.graph
        before = {(x.height, x.width) for x in (graph[name].type for name in box.inputs)}
        resized = not any(scopes(box.name)) and before != {box.size}
        own = sum(map(graph.parameters, box.nodes))
        first, *others = box.lines
        return [
            self._repeated(first, box.group),
            *others,
            *([f"→ {box.output}"] if self.view.shapes or resized else []),
            *([f"{short(own)} params"] if self.view.params and own else []),
        ]

    def times(self, path: str) -> int:
        """How often a block stands there."""
        return self.folded.times.get(path, 1)

    def _repeated(self, text: str, path: str) -> str:
        return f"{text}  ×{self.times(path)}" if self.times(path) > 1 else text

    def _parameters(self, nodes: tuple[Node, ...]) -> list[str]:
        graph, count = self.folded.graph, self.folded.count
        total = sum(graph.parameters(node) * count(node.name) for node in nodes)
        return [f"{short(total)} params"] if total and self.view.params else []


def short(number: int) -> str:
    """Three digits of a count: `25.6M`."""
    for unit, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= unit:
            return f"{number / unit:#.3g}".rstrip(".") + letter
    return str(number)
