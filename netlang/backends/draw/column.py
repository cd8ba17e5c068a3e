"""One network of a drawing: its frames, boxes and lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from netlang.backends.draw.boxes import Box, boxes_of, kind, result
from netlang.backends.draw.labels import Labels
from netlang.backends.draw.links import Link, links, spine
from netlang.backends.draw.style import (
    LARGE,
    SMALL,
    TITLE,
    View,
    bare_look,
    shortcut_look,
    width_of,
)
from netlang.ground.tree import Tree, scopes, tree
from netlang.ir.graph import Graph
from netlang.pictures.palette import Colour, Palette, Size, shades
from netlang.plan.place import place, scattered
from netlang.plan.traffic import traffic
from netlang.views.fold import Folded, fold

if TYPE_CHECKING:
    from graphviz import Digraph


@dataclass(frozen=True)
class Column:
    """A network: what of it is drawn, and what its boxes' names begin with."""

    folded: Folded
    boxes: list[Box]
    links: list[Link]
    prefix: str

    @classmethod
    def of(cls, graph: Graph, prefix: str, view: View) -> Column:
        """The part of a graph that a view shows."""
        folded = Folded(graph, {}) if view.flat else fold(graph, view.expand)
        drawn = boxes_of(folded, view.depth)
        return cls(folded, drawn, links(drawn), prefix)

    @cached_property
    def root(self) -> Tree[Box]:
        """The boxes within their groups and blocks."""
        return tree(self.boxes)

    @property
    def end(self) -> str:
        """The name of the box that holds the result: heads that train it may lead further."""
        output = self.folded.graph.output
        return next(b.name for b in self.boxes if any(v.name == output for v in b.values))

    @property
    def has_kernels(self) -> bool:
        """Whether it was made for kernels, so that a box is what one of them computes."""
        return any(box.is_kernel for box in self.boxes)

    @cached_property
    def bare(self) -> set[str]:
        """The names of the boxes that have no kernel, in a network that was made for kernels."""
        graph = self.folded.graph
        places = place(graph, scattered(graph)) if self.has_kernels else {}
        return {
            box.name
            for box in (self.boxes if places else ())
            if not any(any(traffic(graph, node, places)) for node in box.nodes)
        }

    @cached_property
    def sizes(self) -> dict[str, Size]:
        """The size of the image that each box gives, by its name, but for the input."""
        return {box.name: box.size for box in self.boxes if box.inputs}

    def stage(self, box: Box) -> Size | None:
        """The size that gives a box its colour."""
        return self.sizes.get(box.name)


def shades_of(columns: Iterable[Column], palette: Palette) -> dict[Size, Colour]:
    """The colours of the sizes of image in several networks, which share them."""
    return shades((size for column in columns for size in column.sizes.values()), palette)


def _outermost(box: Box) -> str:
    return next(scopes(box.name), box.name)


@dataclass(frozen=True)
class Pen:
    """Draws one network."""

    column: Column
    view: View
    shades: Mapping[Size, Colour]

    @cached_property
    def labels(self) -> Labels:
        """What is written where."""
        return Labels(self.column.folded, self.view)

    @cached_property
    def spine(self) -> dict[str, int]:
        """The boxes that stand in one line, with their places in it."""
        return {name: place for place, name in enumerate(spine(self.column.links, self.column.end))}

    @cached_property
    def notes(self) -> dict[str, float]:
        """How wide what the frame of each outermost group says is, in points."""
        said = {g.path: self.labels.frame(g.path, g.leaves) for g in self.column.root.groups}
        return {path: max(width_of(line, SMALL) for line in lines) for path, lines in said.items()}

    @cached_property
    def width(self) -> float:
        """The width of every box below others: they have one edge, as in the papers; in points."""
        room = [self.labels.box(box).width for box in self.column.boxes if not box.symbol]
        # What a frame says, at the left, ends ahead of the middle, where the arrow comes in, if one
        # comes in there.
        groups = self.column.root.groups
        notes = (self.notes[g.path] * (1 if self._is_aside(g) else 2) for g in groups)
        return max([*room, *notes])

    def _width(self, box: Box) -> float:
        """Of a box, in points; beside one another, boxes take the room that they need."""
        if not self.view.horizontal:
            return self.width
        return max(self.labels.box(box).width, self.notes.get(_outermost(box), 0))

    def draw(self, drawing: Digraph) -> None:
        """Adds a frame that nobody sees, for the title, and in it frames, boxes and lines."""
        from graphviz import Digraph

        whole = Digraph(f"cluster_{self.column.prefix}")
        title = "\n".join(self.labels.title())
        whole.attr(label=title, fontsize=str(TITLE), color="transparent")
        if self.view.horizontal:
            whole.attr(labeljust="l")  # the middle may be pages away
        self._draw_scope(whole, self.column.root)
        drawing.subgraph(whole)
        for link in self.column.links:
            self._draw_link(drawing, link)

    def _draw_scope(self, target: Digraph, scope: Tree[Box]) -> None:
        """What stands in a group: its own boxes, then the groups within it."""
        for item in scope.items:
            if isinstance(item, Box):
                self._draw_box(target, item)
        for group in scope.groups:
            self._draw_group(target, group)

    def _draw_group(self, target: Digraph, group: Tree[Box]) -> None:
        """An outermost group and a repeat have a frame; other blocks show by their wiring."""
        from graphviz import Digraph

        repeat = self.labels.repeat(group.path)
        # One convolution, which is marked by its line; a frame's words would be in its way.
        is_named = "." not in group.path and kind(group.path) != "projection"
        if not (repeat or is_named):
            self._draw_scope(target, group)
            return
        frame = Digraph(f"cluster_{self.column.prefix}{group.path}")
        frame.attr(margin="10", **self.frame_look(group.path, group.leaves))
        if is_named:
            # Each line ends in \\l, flush left: it begins within the frame in every font, and what
            # ends in \\r ends there.
            label = "".join(f"{line}\\l" for line in self.labels.frame(group.path, group.leaves))
            frame.attr(label=label, labeljust="l", fontsize=str(SMALL), penwidth="0.8")
            # The line to a head comes in askew, over what stands at the top.
            frame.attr(labelloc="b" if self._is_aside(group) else "t")
        else:
            frame.attr(label=f"{repeat}\\r", labeljust="r", fontsize=str(LARGE), penwidth="1.6")
        self._draw_scope(frame, group)
        target.subgraph(frame)

    def _is_aside(self, group: Tree[Box]) -> bool:
        """Whether it stands beside the spine and nothing leads on from it, as from a head."""
        own = {box.name for box in group.leaves}
        if not own.isdisjoint(self.spine):
            return False
        return all(x.target.name in own for x in self.column.links if x.source.name in own)

    def _draw_box(self, target: Digraph, box: Box) -> None:
        shade = self.shade(box)
        if box.symbol:
            look = {"fillcolor": self.view.palette.paper, **self.labels.sign(box)}
        else:
            look = {"fillcolor": shade.fill, "width": f"{self._width(box) / 72:.2f}"}
            look |= self.labels.box(box).look(self.view.horizontal)
        if box.name in self.spine:
            look |= {"group": f"{self.column.prefix}spine"}
        look |= bare_look(self.view.palette) if box.name in self.column.bare else {}
        target.node(self._id(box), color=shade.line, **look | self.box_look(box))

    def _draw_link(self, drawing: Digraph, link: Link) -> None:
        start, end = (self.spine.get(box.name) for box in (link.source, link.target))
        # A line past boxes of the spine would push them aside.
        passes = start is not None and end is not None and end > start + 1
        look = {"weight": "8" if link.kind == "flow" and not passes else "0"}
        look |= self.link_look(link)
        drawing.edge(self._id(link.source), self._id(link.target), **look)

    def shade(self, box: Box) -> Colour:
        """The colour of what a box gives."""
        return self._colour(self.column.stage(box))

    def frame_look(self, path: str, members: Sequence[Box]) -> dict[str, str]:
        """The colours of a group's frame, which are those of what it gives, and its outline."""
        shade = self._colour(result(path, members).pixels)
        return {"style": "rounded,filled", "fillcolor": shade.frame, "color": shade.line}

    def _colour(self, size: Size | None) -> Colour:
        plain = self.view.palette.plain
        return self.shades.get(size, plain) if size else plain

    def box_look(self, box: Box) -> dict[str, str]:
        """What else a box has of its own, its colour aside."""
        return {}

    def link_look(self, link: Link) -> dict[str, str]:
        """What a line has of its own."""
        return shortcut_look(link.kind, self.view.palette)

    def _id(self, box: Box) -> str:
        # A colon in a name would be a port; names have none.
        return f"{self.column.prefix}{box.name}"
