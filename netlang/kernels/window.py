"""Sliding windows: where the window of an output pixel lies in the input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlang.kernels.kernel import FeatureMap, Pair
from netlang.kernels.text import add, mul, split, wide


@dataclass(frozen=True)
class Window:
    """The windows of a convolution or a pool from `x` to `y`; `pad` is (top, left)."""

    x: FeatureMap
    y: FeatureMap
    kernel: Pair
    stride: Pair
    pad: Pair
    dilation: Pair = (1, 1)

    @property
    def taps(self) -> int:
        """Elements of a window."""
        return self.kernel[0] * self.kernel[1]

    @property
    def is_pixel(self) -> bool:
        """Whether the window of a pixel is that pixel."""
        same_size = (self.x.height, self.x.width) == (self.y.height, self.y.width)
        return self.taps == 1 and self.stride == (1, 1) and self.pad == (0, 0) and same_size

    @property
    def corner(self) -> str:
        """The window's corner as a pixel counted over the whole batch, int64."""
        return "at" if self.is_pixel else "corner"

    def place(self) -> Iterator[str]:
        """Defines `image`, and `row`, `col` of the window's corner, which may lie in the padding.

        Also `corner`, which stays a pixel of the whole batch: pointers start there.
        """
        if not self.is_pixel:
            yield self.image()
            yield from self.corners()

    def image(self) -> str:
        """Defines `image`, and `p`, a pixel of its `y`."""
        return f"image, p = {', '.join(split('pixel', 2, self.y.pixels))}"

    def corners(self) -> Iterator[str]:
        """Defines the rest of what `place` does."""
        if self.is_pixel:
            return
        place = zip(split("p", self.y.height, self.y.width), self.stride, self.pad, strict=True)
        row, col = (add(mul(i, stride), -pad) for i, stride, pad in place)
        yield f"row, col = {row}, {col}"
        pixel = add(mul(add(mul("image", self.x.height), "row"), self.x.width), "col")
        yield f"corner = {wide(pixel)}"

    def tap(self, tap: str) -> tuple[str, str]:
        """Rows and columns from the corner to a tap."""
        r, s = split(tap, *self.kernel)
        return mul(r, self.dilation[0]), mul(s, self.dilation[1])

    def shift(self, r: str, s: str) -> str:
        """Elements from a window's corner to `r` rows and `s` columns from it."""
        return mul(add(mul(r, self.x.width), s), self.x.view.stride)

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
