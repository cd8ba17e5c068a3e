"""Moving data: channel mappings, and the two doors between torch's NCHW and our HWNC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlang.kernels.kernel import FeatureMap
from netlang.kernels.layer import Dtype, Layer
from netlang.kernels.text import add, load, mul, wide
from netlang.kernels.window import Window


@dataclass(frozen=True, kw_only=True)
class Copy(Layer):
    """`x` into `y`, channels shuffled and zeros around them, every `stride`-th pixel.

    The channels of `y` are `before` zeros, those of `x`, then zeros. `groups` > 1 shuffles: the
    channels of `x` as a matrix [groups, C/groups], read column by column (Zhang et al. 2017,
    ShuffleNet, figure 1). A slice is a copy whose `x` or `y` has an offset in its view.
    """

    before: int = 0
    groups: int = 1
    stride: int = 1

    @property
    def title(self) -> str:
        parts = ["shuffle" if self.groups > 1 else "copy"]
        parts += [f"{self.x.channels}to{self.y.channels}"]
        parts += [f"g{self.groups}"] * (self.groups > 1)
        parts += [f"s{self.stride}"] * (self.stride > 1)
        return "_".join([*parts, f"{self.y.height}x{self.y.width}"])

    @property
    def about(self) -> str:
        return f"Copy: {self.x} to {self.y}."

    def body(self) -> Iterable[str]:
        window = Window(self.x, self.y, (1, 1), (self.stride, self.stride), (0, 0))
        channels, per_group = self.x.channels, self.x.channels // self.groups
        yield from self.place(window)
        lines, c, there = self.block.channel(channels, self.before)
        yield from lines
        inside = self.block.rows_inside + there
        source = (
            c if self.groups == 1 else f"{c} % {self.groups} * {per_group} + {c} // {self.groups}"
        )
        yield f"v = {load(self.x_pointer(window.corner, source), *inside)}.to(tl.float32)"


def plane(buffer: str, planar: FeatureMap) -> Iterator[str]:
    """Defines `plane`, pointers to `p` in the first channel of a contiguous NCHW tensor's image."""
    yield f"plane = {add(buffer, mul(wide('image'), planar.elements), 'p')}"


@dataclass(frozen=True, kw_only=True)
class FromNCHW(Layer):
    """The entry: `x` is a contiguous NCHW tensor of `planar_dtype` (its view is not looked at).

    Where `y` has more channels than `x` they are zeros.
    """

    planar_dtype: Dtype = "float32"

    @property
    def by_image(self) -> bool:
        return True

    @property
    def x_dtype(self) -> Dtype:
        return self.planar_dtype

    @property
    def title(self) -> str:
        return f"from_nchw_{self.y}"

    @property
    def about(self) -> str:
        return f"From NCHW ({self.x}) to HWNC ({self.y.channels} channels)."

    def body(self) -> Iterable[str]:
        inside = self.block.rows_inside
        if self.x.channels < self.block.columns * self.chosen.n:
            inside += (f"n < {self.x.channels}",)
        yield from plane("x", self.x)
        yield f"v = {load(add('plane', mul('n', self.x.pixels)), *inside)}.to(tl.float32)"


@dataclass(frozen=True, kw_only=True)
class ToNCHW(Layer):
    """The exit: `y` is a contiguous NCHW tensor of `planar_dtype` (its view is not looked at)."""

    planar_dtype: Dtype = "float32"

    @property
    def by_image(self) -> bool:
        return True

    @property
    def y_dtype(self) -> Dtype:
        return self.planar_dtype

    @property
    def title(self) -> str:
        return f"to_nchw_{self.y}"

    @property
    def about(self) -> str:
        return f"From HWNC to NCHW: {self.y}."

    def y_pointer(self, name: str) -> str:
        return add("plane", mul("n", self.y.pixels))

    def body(self) -> Iterable[str]:
        yield from plane("y", self.y)
        yield f"v = {load(self.x_pointer(), *self.block.inside)}.to(tl.float32)"
