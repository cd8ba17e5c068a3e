"""Upsampling by an integer factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netlang.kernels.kernel import Grid, Tiles
from netlang.kernels.layer import Layer


@dataclass(frozen=True, kw_only=True)
class Upsample(Layer):
    """`y` is `x` enlarged; the factors follow from the two sizes and are integers.

    Bilinear is torch's with align_corners=False: pixel centres at half-integers, edges repeated.
    """

    mode: Literal["nearest", "bilinear"] = "nearest"

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError
