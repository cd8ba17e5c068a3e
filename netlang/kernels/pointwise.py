"""Pointwise: an epilogue with nothing before it."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.kernels.kernel import Grid, Tiles
from netlang.kernels.layer import Layer


@dataclass(frozen=True, kw_only=True)
class Pointwise(Layer):
    """The epilogue applied to `x`; `label` is the whole name."""

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError
