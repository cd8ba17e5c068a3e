"""What has the name of a node, under its groups and blocks, each in the order of the source.

Nodes of a graph are the leaves of such a tree, or the boxes of a drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Named(Protocol):
    """What a path leads to: `conv2_x.bottleneck_1.conv_2`."""

    @property
    def name(self) -> str:
        """The path."""
        ...


Leaf = TypeVar("Leaf", bound=Named)


@dataclass(frozen=True, eq=False)
class Tree(Generic[Leaf]):
    """A group or a block, or with an empty path the network.

    `leaves` are all within it, in the order in which they were given; `items` are what stands
    directly in it, in the order of their first leaves.
    """

    path: str
    leaves: tuple[Leaf, ...]
    items: tuple[Leaf | Tree[Leaf], ...]

    @property
    def groups(self) -> tuple[Tree[Leaf], ...]:
        """The groups and blocks that stand directly in it."""
        return tuple(item for item in self.items if isinstance(item, Tree))

    def descendants(self) -> Iterator[Tree[Leaf]]:
        """All groups and blocks within it, each ahead of those in it."""
        for group in self.groups:
            yield group
            yield from group.descendants()


def tree(leaves: Sequence[Leaf]) -> Tree[Leaf]:
    """The network that some leaves make up."""
    return _tree("", leaves)


def _tree(prefix: str, leaves: Sequence[Leaf]) -> Tree[Leaf]:
    held: dict[str, list[Leaf]] = {}
    for leaf in leaves:
        end = leaf.name.find(".", len(prefix)) + 1
        held.setdefault(leaf.name[:end] or leaf.name, []).append(leaf)
    items = (_tree(key, own) if key.endswith(".") else own[0] for key, own in held.items())
    return Tree(prefix.removesuffix("."), tuple(leaves), tuple(items))


def scopes(name: str) -> Iterator[str]:
    """The groups and blocks around a node, from the outermost: `a`, `a.b` for `a.b.conv_1`."""
    end = name.find(".")
    while end >= 0:
        yield name[:end]
        end = name.find(".", end + 1)
