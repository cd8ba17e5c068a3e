"""Reading a convolution's factors through descriptors: TMA copies blocks, and zeros for padding.

An output pixel's taps are its neighbours; those of pixels in a run are runs themselves, as long as
all of it lies in one row of the image, or one pixel:

    the window is the pixel        [pixels * batch, C]      block [m, k], any run
    a run is a row, stride 1       [H, W * batch, C]        block [1, m, k]
    a run is a pixel, any stride   [H, W, batch, C]         block [1, 1, m, k]

What lies outside of the array is the padding of the convolution. The leading 1s matter: with them
the block is a matrix as it lies in shared memory, where the tensor cores read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlang.kernels.block import Block
from netlang.kernels.gather import Gather
from netlang.kernels.kernel import Descriptor, Extent, FeatureMap, View
from netlang.kernels.text import add, mul, split
from netlang.kernels.window import Window

ALIGNMENT = 16
"""Bytes that the start of an array and all its strides but the last are a multiple of."""


def is_aligned(view: View, size: int) -> bool:
    """Whether blocks of a map of numbers of `size` bytes can be factors of a product.

    Two bytes: tensor cores want the rows of wider ones turned, which TMA does not do.
    """
    is_odd = any(number * size % ALIGNMENT for number in (view.stride, view.offset))
    return size == 2 and not view.plane and not is_odd


def can_describe(gather: Gather, size: int) -> bool:
    """Whether descriptors can read a gather's factors, whose numbers have `size` bytes."""
    window = gather.window
    return (
        not (gather.is_depthwise or gather.is_flat or gather.x_pool or gather.merged > 1)
        and is_aligned(window.x.view, size)
        # Each group's channels begin where a block does.
        and (gather.groups == 1 or gather.in_group * size % ALIGNMENT == 0)
        and window.y.channels // gather.groups * size % ALIGNMENT == 0
    )


ENOUGH = 0.97
"""The share of taps in the image along a row from which on it is no use to leave out the others."""


def share_inside(window: Window) -> float:
    """The share of a row's taps along it that lie in the image."""
    columns, taps, stride = window.y.width, window.kernel[1], window.stride[1]
    places = (
        column * stride - window.pad[1] + tap * window.dilation[1]
        for column in range(columns)
        for tap in range(taps)
    )
    return sum(0 <= place < window.x.width for place in places) / (columns * taps)


def runs(gather: Gather) -> int:
    """Into how many runs the pixels of `y` fall at least for descriptors to read the windows."""
    window = gather.window
    if window.is_pixel:
        return 1
    is_row = window.stride[1] == 1 or window.y.width == 1
    return window.y.height if is_row else window.y.pixels


@dataclass(frozen=True)
class Boxes:
    """The blocks of a gather's factors, for a block of `y` whose runs suit it."""

    gather: Gather
    block: Block

    @property
    def is_pixel(self) -> bool:
        """Whether an array has no rows and columns: all windows are pixels."""
        return self.gather.window.is_pixel

    @property
    def is_row(self) -> bool:
        """Whether columns and images are one dimension, because tiles have several columns."""
        return self.block.runs == self.gather.window.y.height

    @property
    def skips(self) -> bool:
        """Whether whole runs have taps that lie in the padding, which are left out."""
        window = self.gather.window
        return (
            self.block.runs > 1
            and bool(window.inside("row", "col"))
            and window.dilation == (1, 1)
            and self.gather.taps > 1
        )

    @property
    def x(self) -> Descriptor:
        """How the image is read."""
        x, tile = self.gather.window.x, self.block.tile
        return array(x, self._dimensions, (*(1,) * (len(self._dimensions) - 1), tile.m, tile.k))

    @property
    def w(self) -> Descriptor:
        """How the weight is read: [taps, C/groups, O], or [C/groups, O] of a single tap."""
        gather, tile = self.gather, self.block.tile
        taps, rows, columns = gather.taps, gather.in_group, gather.window.y.channels
        shape = ((taps, 0), (rows, 0), (columns, 0))
        strides = ((rows * columns, 0), (columns, 0), (1, 0))
        first = 0 if taps > 1 else 1
        return Descriptor(shape[first:], strides[first:], (1, tile.k, tile.n)[first:])

    @property
    def _dimensions(self) -> tuple[Extent, ...]:
        x = self.gather.window.x
        if self.is_pixel:
            return ((x.pixels, 1),)
        return (
            ((x.height, 0), (x.width, 1)) if self.is_row else ((x.height, 0), (x.width, 0), (1, 1))
        )

    def corner(self) -> Iterator[str]:
        """Defines the corner of the windows: `row`, and `col`, of which `batch` make a column."""
        if self.is_pixel:
            return
        window, runs = self.gather.window, self.block.runs
        (vertical, horizontal), (top, left) = window.stride, window.pad
        if self.is_row:
            i = "run" if runs > 1 else "0"
            col = f"{self.block.ahead} - {mul('batch', left)}" if left else self.block.ahead
        else:
            i, j = split("run", window.y.height, window.y.width)
            col = add(mul(j, horizontal), -left)
        yield f"row, col = {add(mul(i, vertical), -top)}, {col}"

    def touched(self, blocks: int) -> Iterator[str]:
        """The head of a loop over the taps that lie in the image, and their blocks of channels.

        If none does, both ranges may be below zero: what their product counts are taps that the
        weight does not have, which read as zero.
        """
        window, k = self.gather.window, self.block.tile.k
        (r, s), x = window.kernel, window.x
        yield f"top, bottom = tl.maximum(-row, 0), tl.minimum({x.height} - row, {r})"
        if self.is_row:
            a, b = (mul(edge, s * blocks) for edge in ("top", "bottom"))
            yield f"for step in range({a}, {b}):  # {s} taps x {blocks} channel blocks a row"
            yield f"    tap{', c' * (blocks > 1)} = {_tap_and_block('step', blocks, k)}"
            return
        yield f"left, right = tl.maximum(-col, 0), tl.minimum({x.width} - col, {s})"
        yield "across = right - left"
        yield f"for step in range((bottom - top) * {mul('across', blocks)}):"
        yield f"    inner{', c' * (blocks > 1)} = {_tap_and_block('step', blocks, k)}"
        yield f"    tap = {mul('(top + inner // across)', s)} + left + inner % across"

    def load(self, tap: str, channel: str, c: str, column: str) -> Iterator[str]:
        """Loads `a` and `b` of a tap: the image from `channel` on, the weight from row `c`."""
        window, tile = self.gather.window, self.block.tile
        if self.is_pixel:
            yield f"a = x.load([start, {channel}])"
        else:
            r, s = "0", "0"
            if tap != "0":
                r, s = "r", "s"
                yield f"r, s = {', '.join(window.tap(tap))}"
            where = [add("row", r), add("col", f"{s} * batch" if self.is_row and s != "0" else s)]
            where += [] if self.is_row else [self.block.ahead]
            yield f"a = x.load([{', '.join(where)}, {channel}]).reshape({tile.m}, {tile.k})"
        if tap == "0":
            yield f"b = w.load([{c}, {column}])"
        else:
            yield f"b = w.load([{tap}, {c}, {column}]).reshape({tile.k}, {tile.n})"


def _tap_and_block(step: str, blocks: int, k: int) -> str:
    return f"{step} // {blocks}, {step} % {blocks} * {k}" if blocks > 1 else step


def array(x: FeatureMap, dimensions: tuple[Extent, ...], block: tuple[int, ...]) -> Descriptor:
    """A map as an array of these dimensions and its channels."""
    strides: list[Extent] = [(1, 0)]
    number, power = x.view.stride, 0
    for size, batches in reversed(dimensions):
        strides.append((number, power))
        number, power = number * size, power + batches
    return Descriptor(
        (*dimensions, (x.channels, 0)), tuple(reversed(strides)), block, x.view.offset
    )
