"""Where each map is drawn: in a row about an axis, or in several rows, with room for its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from netlang.backends.draw.style import NORMAL, SMALL
from netlang.backends.draw.volumes.block import SLANT, Block
from netlang.backends.draw.volumes.maps import Map
from netlang.pictures.svg import width_of

LARGEST = 190
"""The height of the largest image, in pixels."""

CHANNEL = 3.0
"""The width of one channel, in pixels."""

PIXEL = 12
"""The width and the depth of a flat value, which has no image, in pixels."""

WIDEST = 1240
"""What a row of maps takes at most, unless a single one is wider."""

APART, MARGIN, LINE = 26, 10, 13
"""Between the parts of a map, around words, and from a line of words to the next."""


@dataclass(frozen=True)
class Scale:
    """Pixels of the drawing for sizes of maps, which grow with the square root of what they show.

    So 224 and 13 are both to be seen, and of two maps the larger is drawn larger.
    """

    side: float
    flat: float

    @classmethod
    def of(cls, maps: Iterable[Map]) -> Scale:
        """The scale that brings the largest image and the longest flat value to one height."""
        sides, flat = [1], [1]
        for each in maps:
            (flat if each.type.is_flat else sides).append(max(each.type.shape[-2:]))
        return cls(LARGEST / sqrt(max(sides)), min(CHANNEL, LARGEST / sqrt(max(flat))))

    def block(self, each: Map) -> Callable[[float, float], Block]:
        """One part of a map, to be put somewhere."""
        type = each.type
        if type.is_flat:
            size = PIXEL, self.flat * sqrt(type.channels), PIXEL * SLANT
        else:
            height, width = (self.side * sqrt(n) for n in type.pixels)
            size = CHANNEL * sqrt(type.channels / each.parts), height, width * SLANT
        return lambda x, y: Block(x, y, *size)


@dataclass(frozen=True)
class Volume:
    """A map with the blocks of its parts, from the top, and the words under it."""

    map: Map
    blocks: tuple[Block, ...]
    words: tuple[str, ...]

    @property
    def middle(self) -> float:
        """Under what its words stand."""
        return (self.blocks[0].x + self.right) / 2

    @property
    def right(self) -> float:
        """How far its blocks reach."""
        return self.blocks[0].right

    @property
    def top(self) -> float:
        """The highest pixel, the number over equal maps included."""
        return self.blocks[0].y - self.blocks[0].slant - LINE * (self.map.times > 1)

    @property
    def bottom(self) -> float:
        """The lowest pixel."""
        return self.blocks[-1].y + self.blocks[-1].height

    @property
    def axis(self) -> float:
        """What it lies about, halfway down."""
        return (self.blocks[0].y - self.blocks[0].slant + self.bottom) / 2

    @property
    def end(self) -> float:
        """How far its words reach to the right."""
        return self.middle + room(self.words) / 2

    def moved(self, x: float, y: float) -> Volume:
        """The same elsewhere."""
        blocks = (replace(b, x=b.x + x, y=b.y + y) for b in self.blocks)
        return replace(self, blocks=tuple(blocks))


Row = tuple[Volume, ...]


def rows(maps: Sequence[Map], scale: Scale, words: Callable[[Map], Sequence[str]]) -> list[Row]:
    """The maps from left to right, in each row from 0 on and about an axis at 0.

    There are as few rows as fit, about as long as each other.
    """
    ways = [_rows(maps, scale, words, WIDEST * part / 16) for part in range(16, 7, -1)]
    return [row for row in ways if len(row) == len(ways[0])][-1]


def _rows(
    maps: Sequence[Map], scale: Scale, words: Callable[[Map], Sequence[str]], widest: float
) -> list[Row]:
    found: list[list[Volume]] = [[]]
    for each in maps:
        make, said = scale.block(each), tuple(words(each))
        size = make(0, 0)
        x = _start(found[-1], each, size, said)
        if found[-1] and x + size.right > widest:
            found.append([])
            x = _start([], each, size, said)
        found[-1].append(Volume(each, _stack(make, each.parts, x), said))
    return [tuple(row) for row in found]


def _start(row: Sequence[Volume], each: Map, size: Block, words: Sequence[str]) -> float:
    """Where a map begins, so that its words and those about its making stand apart from others."""
    between = room_between(each)
    if not row:
        return max(between, (room(words) - size.right) / 2)
    last = row[-1]
    apart = last.end + MARGIN + room(words) / 2
    return max(last.right + between, apart - size.right / 2)


def exit_of(row: Row, after: Row) -> Volume:
    """A point behind a row, from where a line leads to the map that the next one begins with."""
    last, made = row[-1], after[0].map
    x = max(last.right + room_between(made), last.end + MARGIN)
    return Volume(made, (Block(x, last.axis, 0, 0, 0),), ())


def _stack(make: Callable[[float, float], Block], parts: int, x: float) -> tuple[Block, ...]:
    """The parts of a map one above the other."""
    part = make(x, 0)
    each = part.height + part.slant
    top = -(parts * each + (parts - 1) * APART) / 2
    return tuple(make(x, top + part.slant + i * (each + APART)) for i in range(parts))


def room_between(each: Map) -> float:
    """The pixels ahead of a map for what says how it is made."""
    return room(each.making, SMALL) + 2 * MARGIN if each.given else 0


def room(words: Sequence[str], first: float = NORMAL) -> float:
    """The pixels that lines of words need at most; the first is of another size."""
    return max([width_of(words[0], first), *(width_of(word, SMALL) for word in words[1:])])
