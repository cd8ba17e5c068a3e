"""Pooling: windows, adaptive windows, and the whole image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netlang.kernels.kernel import Grid, Tiles
from netlang.kernels.layer import Layer

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Pool(Layer):
    """Max or average over windows.

    Pairs are (vertical, horizontal); `pad` is (top, left, bottom, right). The size of `y` is
    given, so windows may hang over the padded edge (ceil mode). The maximum ignores padding. An
    average divides by the pixels of its window that lie in the image, or with `count_pad` in the
    padded image: overhang beyond the padding is never counted, as in torch.
    """

    kind: Literal["max", "average"]
    kernel: Pair
    stride: Pair
    pad: tuple[int, int, int, int] = (0, 0, 0, 0)
    count_pad: bool = True

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class AdaptivePool(Layer):
    """Max or average over windows from floor(i·H/P) to ceil((i+1)·H/P), as torch's adaptive pools.

    P is the height of `y`; columns likewise.
    """

    kind: Literal["max", "average"] = "average"

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(self.y.pixels),)

    def source(self, name: str) -> str:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class GlobalPool(Layer):
    """Max or average over all pixels; `y` has one."""

    kind: Literal["max", "average"] = "average"

    @property
    def name(self) -> str:
        raise NotImplementedError

    @property
    def grid(self) -> Grid:
        return (Tiles(1),)

    def source(self, name: str) -> str:
        raise NotImplementedError
