"""What is drawn of a row of feature maps: boxes, what each is made from, and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from netlang.backends.draw.style import NORMAL, SMALL, TITLE
from netlang.backends.draw.volumes.beams import beams
from netlang.backends.draw.volumes.block import Block
from netlang.backends.draw.volumes.layout import LINE, Row, Volume, exit_of
from netlang.pictures.palette import Colour, Palette, Size, mixed
from netlang.pictures.svg import Svg

THIN = 0.7
"""The width of a line, in pixels."""


@dataclass(frozen=True)
class Pen:
    """Draws on a page with a theme's colours; `colours` are those of the sizes of image."""

    svg: Svg
    palette: Palette
    colours: Mapping[Size, Colour]

    def title(self, text: str, x: float, y: float, size: int = TITLE) -> None:
        """The title of a network, or of all."""
        self.svg.text(x, y, text, size=size, fill=self.palette.text)

    def row(self, row: Row, words: float) -> None:
        """A row; what is said of its maps begins at the height `words`."""
        for volume in row:
            self._volume(volume)
            self._words(volume, words)
        for before, after in pairwise(row):
            lowest = self._beams(before, after)
            self._making(after, before.right, lowest)

    def turn(self, row: Row, after: Row, left: float, between: float) -> None:
        """Draws the way from the end of a row to the next, at heights and sides that are free."""
        out, made = exit_of(row, after), after[0]
        self._beams(row[-1], out)
        x, y = out.blocks[0].port
        ports = [block.port for block in made.blocks]
        entry = sum(height for _, height in ports) / len(ports)
        way = (x, y), (x, between), (left, between), (left, entry)
        colour = self._line_colour(made)
        self.svg.line(*way, stroke=colour, width=THIN)
        for port in ports:
            self.svg.line(way[-1], port, stroke=colour, width=THIN)
        self._making(made, left, ports[-1][1])

    def _volume(self, volume: Volume) -> None:
        colour = self._colour(volume)
        names = ", ".join(node.name for node in volume.map.nodes)
        tip = f"{names}: {volume.map.type}"
        for block in volume.blocks:
            self._block(block, colour, tip)
        if volume.map.times > 1:
            times = f"×{volume.map.times}"
            self._text(volume.middle, volume.top + LINE - 4, times, size=NORMAL, bold=True)

    def _block(self, block: Block, colour: Colour, tip: str) -> None:
        faces = (
            (block.front, colour.fill),
            (block.top, mixed(colour.fill, self.palette.paper, 0.45)),
            (block.side, mixed(colour.fill, colour.line, 0.25)),
        )
        for face, fill in faces:
            self.svg.polygon(face, fill, colour.line, THIN, tip)

    def _colour(self, volume: Volume) -> Colour:
        plain = self.palette.plain
        return self.colours.get(volume.map.type.pixels, plain) if volume.map.given else plain

    def _line_colour(self, made: Volume) -> str:
        learned = made.map.window and made.map.op.is_product
        return self.palette.shortcut if learned else self.palette.line

    def _beams(self, before: Volume, after: Volume) -> float:
        """Draws what joins two maps and returns its lowest pixel."""
        colour = self._line_colour(after)
        joins = list(beams(before, after))
        for beam in joins:
            if beam.window and not beam.crossed:
                self.svg.polygon(beam.window, colour, colour, 2 * THIN, opacity=0.2)
            for line in beam.lines:
                self.svg.line(*line, stroke=colour, width=THIN, dashed=beam.crossed)
        return max(beam.bottom for beam in joins)

    def _making(self, made: Volume, left: float, lowest: float) -> None:
        """Says between `left` and a map how it is made, below the lines that lead to it."""
        x = (left + made.blocks[0].x) / 2
        for number, word in enumerate(made.map.making, 1):
            self._text(x, lowest + number * LINE, word, fill=self.palette.faint)

    def _words(self, volume: Volume, y: float) -> None:
        first, *others = volume.words
        self._text(volume.middle, y + LINE, first, size=NORMAL, bold=True)
        for number, word in enumerate(others, 2):
            self._text(volume.middle, y + number * LINE, word, fill=self.palette.faint)

    def _text(
        self, x: float, y: float, text: str, size: int = SMALL, fill: str = "", bold: bool = False
    ) -> None:
        ink = fill or self.palette.text
        self.svg.text(x, y, text, size=size, anchor="middle", fill=ink, bold=bold)
