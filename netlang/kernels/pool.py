"""Pooling: windows, adaptive windows, and the whole image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from netlang.ground.reach import longest
from netlang.kernels.block import Tile, elementwise_tile, power_of_two
from netlang.kernels.kernel import Pair
from netlang.kernels.layer import Layer
from netlang.kernels.norm import LocalResponse
from netlang.kernels.text import (
    LOWEST,
    add,
    all_of,
    atom,
    indented,
    load,
    mul,
    named,
    split,
    unrolled,
    wide,
)
from netlang.kernels.window import Window, pitch

Kind = Literal["max", "average"]

EMPTY: dict[Kind, str] = {"max": LOWEST, "average": "0.0"}
"""What a pool starts from, and reads where there is no pixel."""


@dataclass(frozen=True, kw_only=True)
class _Pool(Layer):
    """A reduction over pixels, channel by channel."""

    kind: Kind = "average"

    def read(self, pointer: str, *inside: str) -> Iterator[str]:
        """Defines `a`, the pixels at `pointer`, float32."""
        yield f"a = {load(pointer, *inside, other=EMPTY[self.kind])}.to(tl.float32)"

    def take(self, pointer: str, *inside: str) -> Iterator[str]:
        """Reduces the pixels at `pointer` into `v`."""
        yield from self.read(pointer, *inside)
        yield "v = maximum(v, a)" if self.kind == "max" else "v += a"

    @property
    def prefix(self) -> str:
        """The start of the kernel's name."""
        return "maxpool" if self.kind == "max" else "avgpool"


@dataclass(frozen=True, kw_only=True)
class Pool(_Pool):
    """Max or average over windows.

    Pairs are (vertical, horizontal); `pad` is (top, left, bottom, right). The size of `y` is
    given, so windows may hang over the padded edge (ceil mode). The maximum ignores padding. An
    average divides by the pixels of its window that lie in the image, or with `count_pad` in the
    padded image: overhang beyond the padding is never counted, as in torch.

    `norm` normalizes pixels as they are read, so that the normalized image is never stored
    (AlexNet's LRN ahead of its pools); where it is given, its `k` is above 0.
    """

    kernel: Pair
    stride: Pair
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    count_pad: bool = True
    norm: LocalResponse | None = None

    @property
    def prefix(self) -> str:
        return f"lrn{self.norm.size}_{super().prefix}" if self.norm else super().prefix

    @property
    def title(self) -> str:
        r, s = self.kernel
        stride = "x".join(map(str, dict.fromkeys(self.stride)))
        size = f"{self.y.height}x{self.y.width}"
        return f"{self.prefix}{r}x{s}_{self.y.channels}_s{stride}_{size}"

    @property
    def about(self) -> str:
        r, s = self.kernel
        of = f" of {self.norm.formula}" if self.norm else ""
        return f"{self.kind.capitalize()} over {r}x{s} windows{of}: {self.x} to {self.y}."

    @property
    def window(self) -> Window:
        """Where the taps are."""
        return Window(self.x, self.y, self.kernel, self.stride, self.pad[:2])

    def body(self) -> Iterable[str]:
        window, block = self.window, self.block
        edges = window.inside("row + r", "col + s")
        lines, inside = named("inside", block.rows_inside + edges + block.columns_inside)
        yield from self.place(window)
        yield f"pixels = {self.x_pointer(window.corner)}"
        yield self.start(EMPTY[self.kind])
        # A normalized tap keeps loads enough in flight; all at once would fill the registers.
        taps = f"range({window.taps})" if self.norm else unrolled(window.taps)
        yield f"for tap in {taps}:"
        yield f"    r, s = {', '.join(window.tap('tap'))}"
        pixels = add("pixels", window.shift("r", "s"))
        yield from indented([*lines, *self.take(pixels, *inside)])
        if self.kind == "average":
            yield from self._divide()

    def read(self, pointer: str, *inside: str) -> Iterator[str]:
        if not self.norm:
            yield from super().read(pointer, *inside)
            return
        yield f"here = {pointer}"
        yield from super().read("here", *inside)
        yield from self.norm.normalize("a", "here", self.x.channels, *inside)

    def _divide(self) -> Iterator[str]:
        """Divides by the length of the window's rows times that of its columns, both clipped."""
        rows = self._counted(0, "row", self.x.height, self.y.height)
        columns = self._counted(1, "col", self.x.width, self.y.width)
        if rows.isdigit() and columns.isdigit():
            yield f"v = v / {int(rows) * int(columns)}"
        else:
            yield f"v = v / ({atom(rows)} * {atom(columns)})"

    def _counted(self, axis: int, first: str, size: int, windows: int) -> str:
        """How many rows (or columns) from `first` on the divisor counts."""
        kernel, before, after = self.kernel[axis], self.pad[axis], self.pad[axis + 2]
        low, high = (-before, size + after) if self.count_pad else (0, size)
        end = (windows - 1) * self.stride[axis] - before + kernel
        if end <= high and -before >= low:
            return str(kernel)
        start = f"tl.maximum({first}, {low})" if -before < low else first
        stop = f"tl.minimum({first} + {kernel}, {high})" if end > high else f"{first} + {kernel}"
        return f"{stop} - {start}"


@dataclass(frozen=True, kw_only=True)
class AdaptivePool(_Pool):
    """Average over windows from floor(i·H/P) to ceil((i+1)·H/P), as torch's adaptive pool.

    P is the height of `y`; columns likewise.
    """

    kind: Literal["average"] = "average"

    @property
    def title(self) -> str:
        return f"{self.prefix}_adaptive_{self.y.channels}_{self.y.height}x{self.y.width}"

    @property
    def about(self) -> str:
        return f"Average over adaptive windows: {self.x} to {self.y}."

    def body(self) -> Iterable[str]:
        block, x, y = self.block, self.x, self.y
        height, width = longest(x.height, y.height), longest(x.width, y.width)
        i, j = split("p", y.height, y.width)
        r, s = split("tap", height, width)
        inside = (*block.rows_inside, "h < bottom", "u < right", *block.columns_inside)
        yield from block.place()
        yield f"i, j = {i}, {j}"
        yield f"top, bottom = {_bounds('i', x.height, y.height)}"
        yield f"left, right = {_bounds('j', x.width, y.width)}"
        yield f"images = {self.x_pointer(wide('image'))}"
        yield f"pitch = {pitch(x.view)}"
        yield self.start(EMPTY[self.kind])
        yield f"for tap in {unrolled(height * width)}:"
        yield f"    h, u = {add('top', r)}, {add('left', s)}"
        yield f"    inside = {all_of(*inside)}"
        pixels = f"images + (h * {x.width} + u) * pitch"
        yield from indented(self.take(pixels, "inside"))
        yield "v = v / ((bottom - top) * (right - left))"


def _bounds(index: str, size: int, windows: int) -> str:
    start = f"{mul(index, size)} // {windows}"
    end = f"({add(mul(f'({index} + 1)', size), windows - 1)}) // {windows}"
    return f"{start}, {end}"


@dataclass(frozen=True, kw_only=True)
class GlobalPool(_Pool):
    """Max or average over all pixels; `y` has one.

    A program takes one image, `tile.k` of its pixels at a time.
    """

    @property
    def title(self) -> str:
        return f"{self.prefix}_global_{self.x.channels}_{self.x.height}x{self.x.width}"

    @property
    def about(self) -> str:
        return f"{self.kind.capitalize()} over all pixels: {self.x} to {self.y}."

    def default_tile(self) -> Tile:
        channels = elementwise_tile(self.y.channels).n
        return Tile(1, min(channels, 64), min(32, power_of_two(self.x.pixels)))

    def body(self) -> Iterable[str]:
        tile, pixels = self.chosen, self.x.pixels
        yield f"image = {self.x_pointer()}"
        yield f"pitch = {pitch(self.x.view)}"
        yield self.start(EMPTY[self.kind], rows=tile.k)
        yield f"for first in range(0, {pixels}, {tile.k}):"
        yield f"    p = first + tl.arange(0, {tile.k})[:, None]"
        inside = (f"p < {pixels}",) if pixels % tile.k else ()
        pointer = "image + p * pitch"
        yield from indented(self.take(pointer, *inside, *self.block.columns_inside))
        if self.kind == "max":
            yield "v = tl.reduce(v, 0, maximum)[None, :]"
        else:
            yield f"v = tl.sum(v, axis=0)[None, :] / {pixels}"
