"""Moving data: channel mappings, and the two doors between torch's NCHW and our NHWC."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.kernels.kernel import Grid, Tiles
from netlang.kernels.layer import Dtype, Layer


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
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class FromNCHW(Layer):
    """The entry: `x` is a contiguous NCHW tensor of `planar_dtype` (its view is not looked at).

    Where `y` has more channels than `x` they are zeros.
    """

    planar_dtype: Dtype = "float32"

    @property
    def x_dtype(self) -> Dtype:
        return self.planar_dtype

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ToNCHW(Layer):
    """The exit: `y` is a contiguous NCHW tensor of `planar_dtype` (its view is not looked at)."""

    planar_dtype: Dtype = "float32"

    @property
    def y_dtype(self) -> Dtype:
        return self.planar_dtype

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError
