"""The boxes of a network within their groups, blocks and repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from netlang.backends.draw.boxes import Box
from netlang.ground.tree import Tree


@dataclass(frozen=True)
class Scope:
    """A group or a block, or with an empty path the network; at its first box the order begins."""

    path: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Repeat:
    """Blocks one after the other that are alike."""

    members: tuple[Scope, ...]


Item = Box | Scope | Repeat


def as_scope(group: Tree[Box], times: Mapping[str, int]) -> Scope:
    """A group as a scope; `times` has the length of each repeat by the path of its first."""
    return Scope(group.path, tuple(_items(group, times)))


def boxes_of(item: Item) -> Iterator[Box]:
    """All boxes in it, in the order of the tree."""
    match item:
        case Box():
            yield item
        case Scope(items=inner) | Repeat(members=inner):
            for each in inner:
                yield from boxes_of(each)


def _items(group: Tree[Box], times: Mapping[str, int]) -> Iterator[Item]:
    """What stands in a scope, its repeats as one each."""
    blocks = group.groups
    run: tuple[Tree[Box], ...] = ()
    for item in group.items:
        if isinstance(item, Box):
            yield item
        elif item.path in times:
            first = blocks.index(item)
            run = blocks[first : first + times[item.path]]
            yield Repeat(tuple(as_scope(member, times) for member in run))
        elif item not in run:
            yield _without_wrapping(as_scope(item, times))


def _without_wrapping(scope: Scope) -> Item:
    """A scope of one item says nothing by its frame."""
    match scope.items:
        case (Box() as box,):
            return box
        case (Scope() as only,):
            return replace(scope, items=only.items)
        case _:
            return scope
