"""What is drawn as one box: an operator with what follows it, or a group as a whole.

A box holds an operator with the normalizations and functions of one element behind it, as the
papers draw them: `3x3 conv, 64` over `bn, relu`. What is one operator already, because one kernel
computes it, is a box by itself; slices that take its result apart move nothing and belong to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from netlang.backends.draw.captions import cells, leaves, lines
from netlang.ground.columns import shortened
from netlang.ground.tree import scopes
from netlang.ir.composite import Composite
from netlang.ir.fused import Fused
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Family, Op
from netlang.ir.types import TensorType
from netlang.pictures.palette import Size
from netlang.plan.place import scattered
from netlang.views.fold import Folded

RIDES_ALONG: tuple[Family, ...] = ("norm", "pointwise")
MOST_LINES = 4
"""How many lines of a group's layers its box takes before it counts them."""

LONGEST_NAME = 30
"""How many characters of a group's name are drawn."""


@dataclass(frozen=True)
class Box:
    """Operators that are drawn as one; `group` is the path of the group that they are all of.

    `slices` are those of a result that is nowhere as a whole. In a group each node stands for so
    many `times` layers, where any stands for more than itself.
    """

    nodes: tuple[Node, ...]
    group: str = ""
    slices: tuple[Node, ...] = ()
    times: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        """What no other box is called."""
        return self.group or self.nodes[0].name

    @property
    def op(self) -> Op:
        """The operator that the box is named after."""
        return self.nodes[0].op

    @property
    def values(self) -> tuple[Node, ...]:
        """All that others may read of it."""
        return *self.nodes, *self.slices

    @property
    def output(self) -> TensorType:
        """The type of what leaves it."""
        return self.nodes[-1].type

    @property
    def shape(self) -> str:
        """That type in words, the channels of several results one by one: `(512 + 128)x28x28`."""
        if not self.slices:
            return str(self.output)
        taken = (part.op.taken(self.output.channels) for part in self.slices)
        parts = sorted((channels for channels in taken if channels), key=lambda x: x.start)
        channels = " + ".join(str(len(part)) for part in parts)
        return "x".join([f"({channels})", *map(str, self.output.shape[1:])])

    @property
    def size(self) -> Size:
        """The height and width of what leaves it."""
        return self.output.pixels

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """The values that it reads, once for each time; a group names a value once."""
        if not self.group:
            return self.nodes[0].inputs
        own = {node.name for node in self.nodes}
        return tuple(dict.fromkeys(x for n in self.nodes for x in n.inputs if x not in own))

    @property
    def symbol(self) -> str:
        """The sign of a sum or a product, which is drawn as a small circle."""
        return "" if self.group else self.op.symbol

    @property
    def is_kernel(self) -> bool:
        """Whether it is what one kernel computes of several layers."""
        return not self.group and isinstance(self.op, Fused | Composite)

    @property
    def counted(self) -> list[tuple[Node, int]]:
        """Its operators with how many layers each stands for."""
        return list(zip(self.nodes, self.times or (1,) * len(self.nodes), strict=True))

    @property
    def cells(self) -> list[list[str]]:
        """What it says of itself: the lines of each part that stands beside others."""
        return (
            [[short(kind(self.group)), *_content(self.counted)]] if self.group else cells(self.op)
        )

    @property
    def riders(self) -> str:
        """What follows its operator."""
        return "" if self.group else ", ".join(node.op.caption for node in self.nodes[1:])

    @property
    def beside(self) -> str:
        """What a circle has written beside it; a fused operator's caption holds its own riders."""
        return ", ".join([*self.op.caption.split(", ")[1:], *filter(None, [self.riders])])


def boxes_of(folded: Folded, depth: int | None = None) -> list[Box]:
    """Those of its graph, which know how many layers of the whole network theirs stand for."""
    return [_counted(box, folded) for box in boxes(folded.graph, depth)]


def _counted(box: Box, folded: Folded) -> Box:
    if not box.group:
        return box
    own = folded.count(f"{box.group}.")
    return replace(box, times=tuple(folded.count(node.name) // own for node in box.nodes))


def boxes(graph: Graph, depth: int | None = None) -> list[Box]:
    """The boxes of a graph in its order; below `depth` levels of groups one box holds all."""
    apart = {part.name for parts in scattered(graph).values() for part in parts}
    found: dict[str, Box] = {}
    home: dict[str, str] = {}
    for node in graph:
        around = list(scopes(node.name))
        host = found.get(home[node.inputs[0]]) if len(node.inputs) == 1 else None
        if depth is not None and len(around) > depth:
            box = found.get(around[depth], Box((), around[depth]))
            box = replace(box, nodes=(*box.nodes, node))
        elif host and node.name in apart:
            box = replace(host, slices=(*host.slices, node))
        elif host and _rides(graph, node, host):
            box = replace(host, nodes=(*host.nodes, node))
        else:
            box = Box((node,))
        found[box.name] = box
        home[node.name] = box.name
    return list(found.values())


def _rides(graph: Graph, node: Node, host: Box) -> bool:
    last = host.nodes[-1]
    alone = len(graph.users[last.name]) == 1 and last.name not in graph.results
    # What was fused is a kernel; what was not fused with it is another.
    light = node.op.family in RIDES_ALONG and not host.is_kernel
    light = light or node.op.is_identity(graph.types(node))
    # Option A's two steps, every n-th pixel and channels of zeros, are one shortcut.
    moves = node.op.family == host.op.family == "shape"
    # What follows a block that repeats follows the last one alone.
    together = node.name.rpartition(".")[0] == last.name.rpartition(".")[0]
    return (light or moves) and together and alone and not last.is_input and not host.group


def kind(path: str) -> str:
    """`bottleneck` for `conv4_x.bottleneck_2`, but `inception_3a` as it is."""
    name = path.rpartition(".")[2]
    stem, _, number = name.rpartition("_")
    return stem if stem and number.isdigit() else name


def short(name: str) -> str:
    """A group's name, but for the middle of a long one: boxes are as wide as the widest."""
    return shortened(name, LONGEST_NAME)


def result(path: str, members: Sequence[Box]) -> TensorType:
    """The type of what leaves a group that holds these boxes."""
    # The last kernel of a group may compute what begins the next one too.
    last = members[-1]
    own = [value for value in last.values if path in (last.group, *scopes(value.name))]
    return own[-1].type


def _content(counted: list[tuple[Node, int]]) -> list[str]:
    """A group's layers with weights; their number where they are many, or some repeat."""
    learned = [(node, times) for node, times in counted if node.op.is_product]
    captions = [_way_around(node) + line for node, _ in learned for line in lines(node.op)]
    number = sum(times * sum(leaf.is_product for leaf in leaves(n.op)) for n, times in learned)
    once = all(times == 1 for _, times in learned)
    return captions if once and len(captions) <= MOST_LINES else [f"{number} layers"]


def _way_around(node: Node) -> str:
    """What tells a shortcut's convolution from those on the way through."""
    return "projection: " if "projection" in map(kind, node.name.split(".")[:-1]) else ""
