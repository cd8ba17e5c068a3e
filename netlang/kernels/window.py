"""Sliding windows: where the window of an output pixel lies in the input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlang.kernels.kernel import FeatureMap, Pair, View
from netlang.kernels.text import add, atom, mul, split, wide


def pitch(view: View) -> str:
    """Elements from a pixel to the next one of the same image, int64."""
    return mul("tl.cast(batch, tl.int64)", view.stride)


@dataclass(frozen=True)
class Window:
    """The windows of a convolution or a pool from `x` to `y`; `pad` is (top, left).

    They are those of the program's pixels, or, `elsewhere`, those of row `i` and column `j` of `y`,
    which the kernel defines.
    """

    x: FeatureMap
    y: FeatureMap
    kernel: Pair
    stride: Pair
    pad: Pair
    dilation: Pair = (1, 1)
    elsewhere: bool = False

    @property
    def taps(self) -> int:
        """Elements of a window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def is_pixel(self) -> bool:
        """Whether the window of a pixel is that pixel."""
        if self.elsewhere or (self.x.height, self.x.width) != (self.y.height, self.y.width):
            return False
        return self.taps == 1 and self.stride == (1, 1) and self.pad == (0, 0)

    @property
    def corner(self) -> str:
        """The window's corner as a pixel counted over the whole batch, int64."""
        return "at" if self.is_pixel else "corner"

    def corners(self) -> Iterator[str]:
        """Defines `row`, `col` of the window's corner, which may lie in the padding.

        Also `corner`, which stays a pixel of the whole batch: pointers start there. It is told from
        `image` and its pixel `p`, which the kernel defines. Neighbours are `pitch` elements apart.
        """
        if self.is_pixel:
            return
        row, col = self.first
        pixel = add(mul("row", self.x.width), "col")
        yield f"row, col = {row}, {col}"
        if self.x.view.plane:
            yield f"corner = {wide('image')} * {self.x.elements} + {pixel}"
        else:
            yield f"corner = {wide(f'({pixel}) * batch + image')}"
            if self.taps > 1:
                yield f"pitch = {pitch(self.x.view)}"

    @property
    def first(self) -> tuple[str, str]:
        """The first row and the first column of the window."""
        i, j = ("i", "j") if self.elsewhere else split("p", self.y.height, self.y.width)
        (vertical, horizontal), (top, left) = self.stride, self.pad
        return add(mul(i, vertical), -top), add(mul(j, horizontal), -left)

    def tap(self, tap: str) -> tuple[str, str]:
        """Rows and columns from the corner to a tap."""
        r, s = split(tap, *self.kernel)
        return mul(r, self.dilation[0]), mul(s, self.dilation[1])

    def shift(self, r: str, s: str) -> str:
        """Elements from a window's corner to `r` rows and `s` columns from it."""
        pixels = add(mul(r, self.x.width), s) if self.taps > 1 else "0"
        return pixels if self.x.view.plane or pixels == "0" else f"{atom(pixels)} * pitch"

    def inside(self, h: str, u: str) -> tuple[str, ...]:
        """The conditions for row `h` and column `u` to lie in the image, those that can fail."""
        conditions: list[str] = []
        axes = zip((h, u), (self.x.height, self.x.width), self._reach(), strict=True)
        for at, size, (first, last) in axes:
            conditions += [f"{at} >= 0"] * (first < 0) + [f"{at} < {size}"] * (last >= size)
        return tuple(conditions)

    def _reach(self) -> Iterator[Pair]:
        """The first and last row, then column, that any tap of any window touches."""
        sizes = (self.y.height, self.y.width)
        axes = zip(sizes, self.kernel, self.stride, self.pad, self.dilation, strict=True)
        for size, kernel, stride, pad, dilation in axes:
            yield -pad, (size - 1) * stride - pad + (kernel - 1) * dilation


@dataclass(frozen=True, kw_only=True)
class Pooling:
    """A max pool that shares a kernel with the convolution ahead of it, or behind.

    `size` is the (height, width) of the map between the two, which no buffer holds. `pad` is
    (top, left); windows may hang over any edge, and the maximum ignores what is outside.
    """

    kernel: Pair
    stride: Pair
    size: Pair
    pad: Pair = (0, 0)

    @property
    def title(self) -> str:
        """What it is, as a part of a kernel's name."""
        r, s = self.kernel
        return f"maxpool{r}x{s}_s{'x'.join(map(str, dict.fromkeys(self.stride)))}"

    @property
    def about(self) -> str:
        """What it is, in words."""
        r, s = self.kernel
        return f"max over {r}x{s} windows"

    def windows(self, x: FeatureMap, y: FeatureMap, elsewhere: bool = False) -> Window:
        """The windows that it takes from `x` to `y`."""
        return Window(x, y, self.kernel, self.stride, self.pad, elsewhere=elsewhere)
