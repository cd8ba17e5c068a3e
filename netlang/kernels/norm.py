"""Normalizations that look across channels: LRN and softmax."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.kernels.kernel import Grid, Tiles
from netlang.kernels.layer import Layer


@dataclass(frozen=True, kw_only=True)
class LRN(Layer):
    """`x / (k + alpha · Σ x²)^beta` over `size` neighbouring channels.

    The formula of Krizhevsky et al. 2012, section 3.3: alpha is not divided by `size`. The window
    of channel c is [c - size//2, c + (size-1)//2], as in torch where `size` is even.
    """

    size: int
    alpha: float
    beta: float
    k: float

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Softmax(Layer):
    """Softmax over the channels of each pixel, in float32."""

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError
