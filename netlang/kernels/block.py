"""What one program computes, and how a layer is cut into such blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlang.ground.integers import ceil_div
from netlang.kernels.kernel import Tiles
from netlang.kernels.precision import NARROWEST
from netlang.kernels.text import add, atom, mul, quotient, remainder, wide


@dataclass(frozen=True)
class Tile:
    """What one program computes: `m` pixels x `n` channels, in steps of `k` products.

    `split` programs share the steps of a block (split-K). With `tma` blocks are loaded through
    descriptors wherever the layer can be (sm_90 and newer); without, through pointers.
    """

    m: int
    n: int
    k: int = 1
    warps: int = 4
    stages: int = 1
    split: int = 1
    tma: bool = False


@dataclass(frozen=True)
class Block:
    """The part of `y` that a program writes: `tile.m` pixels x `tile.n` channels.

    From `tile`, the number of the program, its text defines `pixel` [m, 1], counted over the whole
    batch, and `n` [1, n], a channel of `y`. Where the channels of `y` fall into groups that are
    computed apart, `channels` are those of one group, and `group` is defined too. All these are
    int32, so a division stays cheap; `at` is `pixel` as int64, because offsets of elements can pass
    2^31.

    All pixels, or those of each of `runs` parts of them (rows of the image, say), are cut into
    tiles; the first pixel of a tile is `start`, and `ahead` in its `run`. `tile.split` programs, of
    which each is a `part`, share a block. Where all this is there to ask, it is int32 too.

    The pixels of a program are neighbours in memory, or, `by_image`, neighbours in one image, which
    is what a kernel wants that reads or writes planes: then `image` and its pixels `p` are defined
    in place of `pixel`.
    """

    pixels: int
    channels: int
    tile: Tile
    groups: int = 1
    runs: int = 1
    by_image: bool = False

    @property
    def columns(self) -> int:
        """Programs that share a tile of pixels within a group."""
        return ceil_div(self.channels, self.tile.n)

    @property
    def grid(self) -> Tiles:
        """How many programs that makes."""
        programs = self.columns * self.groups * self.tile.split
        if self.by_image:
            return Tiles(1, 1, ceil_div(self.pixels, self.tile.m) * programs)
        return Tiles(self.pixels // self.runs, self.tile.m, self.runs * programs)

    @property
    def most(self) -> int:
        """How many blocks an image makes at most."""
        tiles = self.runs * ceil_div(self.pixels // self.runs, self.tile.m)
        return tiles * self.columns * self.groups

    @property
    def ahead(self) -> str:
        """The pixels of its run that are ahead of the tile."""
        return "ahead" if self.runs > 1 else "start"

    @property
    def column(self) -> str:
        """The first channel."""
        first = mul("group", self.channels) if self.groups > 1 else "0"
        return add(first, mul(remainder("tile", self.columns), self.tile.n))

    @property
    def rows_inside(self) -> tuple[str, ...]:
        """The condition for `pixel`; none where tiles never straddle the end of the batch."""
        return ("live",) if self.pixels // self.runs % self.tile.m else ()

    @property
    def columns_inside(self) -> tuple[str, ...]:
        """The condition for `n`; none where tiles cut the channels evenly."""
        if self.channels % self.tile.n == 0:
            return ()
        end = str(self.channels) if self.groups == 1 else f"(group + 1) * {self.channels}"
        return (f"n < {end}",)

    @property
    def inside(self) -> tuple[str, ...]:
        """The conditions for an element of the block."""
        return self.rows_inside + self.columns_inside

    def is_cut_at(self, channels: Iterable[int]) -> bool:
        """Whether no tile straddles any of these channels of `y`."""
        return self.groups == 1 and all(channel % self.tile.n == 0 for channel in channels)

    def branch(self, start: int, end: int) -> str:
        """The head of the branch for tiles of these channels, behind that for the ones before."""
        if end == self.channels:
            return "else:"
        return f"{'elif' if start else 'if'} tile % {self.columns} < {end // self.tile.n}:"

    def between(self, start: int, end: int, whole_tiles: bool) -> tuple[str, ...]:
        """The conditions for `n` to be one of these channels of `y`, those that can fail.

        Where they are known to fill `whole_tiles`, only the end of `y` is left to check.
        """
        is_last = end == self.channels * self.groups
        lower = () if whole_tiles or start == 0 else (f"n >= {start}",)
        upper = () if whole_tiles or is_last else (f"n < {end}",)
        return lower + upper + (self.columns_inside if is_last or self.groups > 1 else ())

    def channel(self, channels: int, before: int = 0) -> tuple[list[str], str, tuple[str, ...]]:
        """The channel of a map of `channels`, ahead of which `y` has `before` others.

        It is the text that defines it, its name, and the conditions for the map to have it.
        """
        c = "shifted" if before else "n"
        end = (self.groups - 1) * self.channels + self.columns * self.tile.n
        there = (f"{c} >= 0",) * (before > 0) + (f"{c} < {channels}",) * (before + channels < end)
        return [f"{c} = n - {before}"] * (before > 0), c, there

    def lines(self, n: str = "n") -> Iterable[str]:
        """The text that defines the names above; `n` may have another."""
        if self.tile.split > 1:
            yield f"tile, part = tile // {self.tile.split}, tile % {self.tile.split}"
        per_tile = self.columns * self.groups
        row, of_tile = quotient("tile", per_tile), remainder("tile", per_tile)
        if self.groups > 1:
            yield f"group = {quotient(of_tile, self.columns)}"
        rows = f"tl.arange(0, {self.tile.m})[:, None]"
        if self.by_image:
            tiles = ceil_div(self.pixels, self.tile.m)
            yield f"image = {quotient(row, tiles)}"
            yield f"p = {add(mul(remainder(row, tiles), self.tile.m), rows)}"
            live = f"p < {self.pixels}"
        elif self.runs > 1:
            length = mul("batch", self.pixels // self.runs)
            yield f"tiles = tl.cdiv({length}, {self.tile.m})"
            yield f"run, ahead = {row} // tiles, {row} % tiles * {self.tile.m}"
            yield f"start = run * {atom(length)} + ahead"
            yield f"pixel = start + {rows}"
            live = f"pixel < (run + 1) * {length}"
        else:
            start = mul(row, self.tile.m)
            if self.tile.tma:
                yield f"start = {start}"
                start = "start"
            yield f"pixel = {add(start, rows)}"
            live = f"pixel < {mul('batch', self.pixels)}"
        yield f"{n} = {add(self.column, f'tl.arange(0, {self.tile.n})[None, :]')}"
        if self.rows_inside:
            yield f"live = {live}"
        yield f"at = {'p.to(tl.int64) * batch + image' if self.by_image else 'pixel.to(tl.int64)'}"

    def place(self) -> Iterator[str]:
        """The text that defines `image`, and `p`, a pixel of it, where `lines` does not."""
        if not self.by_image:
            both = "0, pixel" if self.pixels == 1 else "pixel // batch, pixel % batch"
            yield f"p, image = {both}"

    @property
    def image(self) -> str:
        """The image of each pixel, int64."""
        if self.by_image:
            return wide("image")
        return "at" if self.pixels == 1 else wide("pixel % batch")


def power_of_two(n: int) -> int:
    """The smallest power of two that is not below `n`: Triton's block sizes are such."""
    return 1 << (n - 1).bit_length()


def operand(n: int) -> int:
    """The block size that covers `n` channels of an operand, no narrower than tensor cores take."""
    return max(NARROWEST, power_of_two(n))


def cut(size: int, *candidates: int, overhead: int = 8) -> int:
    """The block size that covers `size` at least cost: elements computed + `overhead` per block.

    A tie goes to the candidate that comes first.
    """
    return min(candidates, key=lambda block: ceil_div(size, block) * (block + overhead))


def elementwise_tile(channels: int) -> Tile:
    """A tile for kernels that stream: up to 128 adjacent channels, 1024 numbers in all."""
    n = min(power_of_two(channels), cut(channels, 128, 64, 32, overhead=4))
    return Tile(1024 // n, n)
