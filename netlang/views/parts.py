"""A network as a tree of parts: groups hold blocks, blocks hold layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from netlang.ground.tree import Tree, tree
from netlang.ir.graph import Node
from netlang.views.fold import Folded


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

    @property
    def title(self) -> str:
        """What others may share with it: its caption or its block; groups have their name."""
        return self.node.op.caption if self.node else self.block or self.name

    @property
    def label(self) -> str:
        """What it is called among others: a block by its name, a repeat with its number."""
        if self.times > 1:
            return f"{self.title} ×{self.times}"
        return self.title if self.node else self.name

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Its layers, of a repeat those of the first."""
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

    def walk(self) -> Iterator[Part]:
        """It and all within it, in order."""
        yield self
        for part in self.parts:
            yield from part.walk()


def root(folded: Folded) -> Part:
    """The network; `Folded(graph, {})` is one whose repeats are not folded."""
    return _part(tree(folded.graph.nodes), folded)


def _part(item: Node | Tree[Node], folded: Folded) -> Part:
    if isinstance(item, Node):
        return Part(item.name, item)
    block, times = folded.graph.blocks.get(item.path, ""), folded.times.get(item.path, 1)
    return Part(item.path, None, block, times, tuple(_part(each, folded) for each in item.items))
