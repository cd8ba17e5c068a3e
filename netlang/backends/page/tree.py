"""The boxes of a network within their groups, blocks and repeats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from netlang.backends.draw.boxes import Box
from netlang.fold import scopes


@dataclass(frozen=True)
class Scope:
    """A group or a block, or with an empty path the network; at its first box the order begins."""

    path: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Repeat:
    """Blocks one after the other that are alike."""

    members: tuple[Scope, ...]

    @property
    def path(self) -> str:
        """Of the first, as in a folded graph."""
        return self.members[0].path


Item = Box | Scope | Repeat


def tree(boxes: list[Box], times: Mapping[str, int]) -> Scope:
    """The network as a scope; `times` has the length of each repeat by the path of its first."""
    return _scope("", boxes, 0, times)


def boxes_of(item: Item) -> Iterator[Box]:
    """All boxes in it, in the order of the tree."""
    match item:
        case Box():
            yield item
        case Scope(items=inner) | Repeat(members=inner):
            for each in inner:
                yield from boxes_of(each)


def _scope(path: str, boxes: list[Box], depth: int, times: Mapping[str, int]) -> Scope:
    found: dict[str, Box | list[Box]] = {}
    for box in boxes:
        around = next(islice(scopes(box.name), depth, None), None)
        if around is None:
            found[box.name] = box
            continue
        held = found.setdefault(around, [])
        assert isinstance(held, list), f"{around} is a layer and a group"
        held.append(box)
    inner = {
        name: held if isinstance(held, Box) else _scope(name, held, depth + 1, times)
        for name, held in found.items()
    }
    return Scope(path, tuple(_items(inner, times)))


def _items(inner: Mapping[str, Box | Scope], times: Mapping[str, int]) -> Iterator[Item]:
    """What stands in a scope, its repeats as one each."""
    blocks = [item for item in inner.values() if isinstance(item, Scope)]
    run: tuple[Scope, ...] = ()
    for item in inner.values():
        if isinstance(item, Box):
            yield item
        elif item.path in times:
            first = blocks.index(item)
            run = tuple(blocks[first : first + times[item.path]])
            yield Repeat(run)
        elif item not in run:
            yield _without_wrapping(item)


def _without_wrapping(scope: Scope) -> Item:
    """A scope of one item says nothing by its frame."""
    match scope.items:
        case (Box() as box,):
            return box
        case (Scope() as only,):
            return replace(scope, items=only.items)
        case _:
            return scope
