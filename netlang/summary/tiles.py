"""One measure of a network as a treemap: groups, in them blocks, in them layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netlang.ground.units import percent
from netlang.pictures.palette import Colour, Palette, mixed
from netlang.pictures.svg import Svg, fit, width_of
from netlang.summary.measures import Measure
from netlang.summary.treemap import Rect, squarified
from netlang.views.parts import Part

SIZE, LINE, PAD = 11, 14, 5
"""Pixels of text, from one baseline to the next, and from an edge to a text."""

SHORTEST = 10
"""Characters of a name, below which it tells nothing."""

GAPS = (3.0, 1.6, 0.8)
"""Pixels between groups, between blocks, between layers; what lies deeper is as close as those."""

Weigh = Callable[[Part], int]


@dataclass(frozen=True)
class Tile:
    """A part, what it weighs, and its place.

    `group` is the outermost part around it, `trail` what it and those around it are called.
    """

    group: Part
    trail: tuple[str, ...]
    weight: int
    rect: Rect
    is_leaf: bool

    @property
    def depth(self) -> int:
        """How many parts are around it."""
        return len(self.trail) - 1

    @property
    def corner(self) -> tuple[float, float]:
        """The upper left one, which it shares with the heaviest that stands in it."""
        return self.rect.x, self.rect.y


@dataclass(frozen=True)
class Text:
    """A tile's name and share, below an upper left corner; gaps may lie behind what is wide."""

    tile: Tile
    lines: tuple[str, ...]
    corner: tuple[float, float]
    is_wide: bool


def tiles(parts: Sequence[Part], weigh: Weigh, within: Rect) -> Iterator[Tile]:
    """The parts that weigh something, each ahead of those that stand in it.

    Areas are exact: gaps and texts lie on them and take nothing away.
    """
    return _tiles(parts, weigh, within, None)


def _tiles(
    parts: Sequence[Part], weigh: Weigh, within: Rect, around: Tile | None
) -> Iterator[Tile]:
    shown = [(part, weight) for part in parts if (weight := weigh(part))]
    rects = squarified([weight for _, weight in shown], within)
    for (part, weight), rect in zip(shown, rects, strict=True):
        held = _held(part, weigh)
        trail = (*(around.trail if around else ()), part.label)
        tile = Tile(around.group if around else part, trail, weight, rect, not held)
        yield tile
        yield from _tiles(held, weigh, rect, tile)


def _held(part: Part, weigh: Weigh) -> Sequence[Part]:
    """What to show within a part: nothing, where that would be a single layer."""
    held = [each for each in part.parts if weigh(each)]
    return _held(held[0], weigh) if len(held) == 1 else held


def texts(tiles: Sequence[Tile]) -> Iterator[Text]:
    """What the tiles have room for.

    A group's text stands above all others in it and may cross the gaps there; that of a block
    stands in the layer that lies in its corner, above the layer's own.
    """
    whole = sum(tile.weight for tile in tiles if not tile.depth)
    rooms = {tile.corner: tile.rect for tile in tiles if tile.is_leaf}
    for tile in tiles:
        is_group = not (tile.depth or tile.is_leaf)
        room = tile.rect if is_group else rooms[tile.corner]
        lines = _lines(tile, percent(tile.weight / whole), room)
        if not lines:
            continue
        width = max(width_of(line, SIZE) for line in lines) + 2 * PAD
        yield Text(tile, lines, (room.x, room.y), width > rooms[tile.corner].width)
        beside = [c for c in rooms if _is_on_top(c, tile.rect)] if is_group else [tile.corner]
        for corner in beside:
            rooms[corner] = _below(rooms[corner], LINE * len(lines) + 2)


def _is_on_top(corner: tuple[float, float], rect: Rect) -> bool:
    return corner[1] == rect.y and rect.x <= corner[0] < rect.x + rect.width


def _below(room: Rect, taken: float) -> Rect:
    return room._replace(y=room.y + taken, height=room.height - taken)


def _lines(tile: Tile, share: str, room: Rect) -> tuple[str, ...]:
    """The lines of a tile: as much of its name and share as fits."""
    across = room.width - 2 * PAD
    for lines in _choices(tile, share, across):
        width = max(width_of(line, SIZE) for line in lines)
        if width <= across and LINE * len(lines) + PAD <= room.height:
            return lines
    return ()


def _choices(tile: Tile, share: str, width: float) -> Iterator[tuple[str, ...]]:
    """What a tile may say, the best first; a group is told by the ends of its name at least."""
    name = tile.trail[-1]
    together, apart = (f"{name}, {share}",), (name, share)
    yield from (apart, together) if tile.is_leaf else (together, apart)
    yield (name,)
    is_group = not (tile.depth or tile.group.node)
    if is_group and width >= width_of(name[:SHORTEST], SIZE):
        short = fit(name, SIZE, width)
        yield from ((short, share), (short,))


def draw_tiles(
    svg: Svg, tiles: Sequence[Tile], colours: Mapping[str, Colour], ink: Palette, measure: Measure
) -> None:
    """Draws them; `colours` are those of the groups, by path."""
    whole = sum(tile.weight for tile in tiles if not tile.depth)
    for tile in tiles:
        if tile.is_leaf:
            counts = f"{measure.exact(tile.weight)}, {percent(tile.weight / whole)}"
            tip = f"{' > '.join(tile.trail)}: {counts}"
            svg.rect(*tile.rect, colours[tile.group.path].fill, tip)
    for tile in sorted(tiles, key=lambda tile: -tile.depth):
        x, y, width, height = tile.rect
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y))
        svg.line(*corners, stroke=ink.paper, width=GAPS[min(tile.depth, len(GAPS) - 1)])
    for text in texts(tiles):
        _draw_text(svg, text, colours[text.tile.group.path].fill, ink)


def _draw_text(svg: Svg, text: Text, fill: str, ink: Palette) -> None:
    left, top = text.corner[0] + PAD, text.corner[1] + PAD
    for number, line in enumerate(text.lines):
        y = top + LINE * number
        if text.is_wide:
            svg.rect(left, y - 2, width_of(line, SIZE), LINE, fill)
        # The faint ink is made for paper: on a colour it is too faint to be read.
        quiet = mixed(ink.text, fill, 0.3)
        look, bold = (quiet, False) if number else (ink.text, not text.tile.depth)
        svg.text(left, y + SIZE - 2, line, size=SIZE, fill=look, bold=bold)
