"""Convolution: implicit GEMM on tensor cores, and a depthwise kernel that needs none."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.kernels.kernel import Grid, Packing, Tiles
from netlang.kernels.layer import Layer, Tile

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Conv(Layer):
    """Convolution of `x` (C x H x W) to `y` (O x P x Q).

    Pairs are (vertical, horizontal). `pad` is (top, left) alone: the padding at the bottom and on
    the right is whatever the size of `y` implies. The weight is O x C/groups x R x S. `batch` is a
    hint for the choice of `tile`; the kernel is right for any batch.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    batch: int = 1
    tile: Tile | None = None

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    @property
    def packing(self) -> tuple[Packing, ...]:
        """OIHW becomes [R, S, C/groups, O]."""
        shape = (self.y.channels, self.x.channels // self.groups, *self.kernel)
        return (Packing(shape, (2, 3, 1, 0)),)

    def source(self, name: str) -> str:
        raise NotImplementedError
