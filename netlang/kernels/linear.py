"""Linear: one product of a batch of rows with a weight matrix."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.kernels.kernel import Grid, Packing, Tiles
from netlang.kernels.layer import Layer, Tile


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """`y[n] = W · flatten(x[n])`, where `y` has one pixel.

    The weight is O x (C·H·W), its columns in torch's order of flattening (channels first);
    `packing` reorders them as activations are stored, so that flattening moves nothing.
    `batch` is a hint for the choice of `tile`; the kernel is right for any batch.
    """

    batch: int = 1
    tile: Tile | None = None

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(1),)

    @property
    def packing(self) -> tuple[Packing, ...]:
        """O x (C·H·W) becomes [O, H, W, C]."""
        shape = (self.y.channels, self.x.channels, self.x.height, self.x.width)
        return (Packing(shape, (0, 2, 3, 1)),)

    def source(self, name: str) -> str:
        raise NotImplementedError
