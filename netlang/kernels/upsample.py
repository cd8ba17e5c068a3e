"""Upsampling by an integer factor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from netlang.kernels.layer import Layer
from netlang.kernels.text import add, load, mul, split, wide


@dataclass(frozen=True, kw_only=True)
class Upsample(Layer):
    """`y` is `x` enlarged; the factors follow from the two sizes and are integers.

    Bilinear is torch's with align_corners=False: pixel centres at half-integers, edges repeated.
    """

    mode: Literal["nearest", "bilinear"] = "nearest"

    @property
    def title(self) -> str:
        return f"upsample_{self.mode}_{self.y}"

    @property
    def about(self) -> str:
        return f"Upsample, {self.mode}: {self.x} to {self.y}."

    def body(self) -> Iterable[str]:
        row, col = split("p", self.y.height, self.y.width)
        yield from self.block.place()
        yield f"row, col = {row}, {col}"
        yield from self._nearest() if self.mode == "nearest" else self._bilinear()

    def _nearest(self) -> Iterator[str]:
        vertical, horizontal = self._factors()
        yield f"source = {self._pixel(f'row // {vertical}', f'col // {horizontal}')}"
        yield f"v = {self._load('source')}"

    def _bilinear(self) -> Iterator[str]:
        vertical, horizontal = self._factors()
        yield from self._between("row", "top", "bottom", "down", vertical, self.x.height)
        yield from self._between("col", "left", "right", "across", horizontal, self.x.width)
        for line, row in (("upper", "top"), ("lower", "bottom")):
            for corner, col in (("a", "left"), ("b", "right")):
                yield f"source = {self._pixel(row, col)}"
                yield f"{corner} = {self._load('source')}"
            yield f"{line} = a * (1.0 - across) + b * across"
        yield "v = upper * (1.0 - down) + lower * down"

    def _factors(self) -> tuple[int, int]:
        return self.y.height // self.x.height, self.y.width // self.x.width

    def _pixel(self, row: str, col: str) -> str:
        return wide(f"({add(mul(row, self.x.width), col)}) * batch + image")

    def _load(self, pixel: str) -> str:
        return f"{load(self.x_pointer(pixel), *self.block.inside)}.to(tl.float32)"

    @staticmethod
    def _between(at: str, low: str, high: str, part: str, factor: int, size: int) -> Iterator[str]:
        """Defines the neighbours of a centre, and how far it lies between them."""
        yield f"{part} = tl.maximum(({at} + 0.5) / {factor} - 0.5, 0.0)"
        yield f"{low} = {part}.to(tl.int32)"
        yield f"{high} = tl.minimum({low} + 1, {size - 1})"
        yield f"{part} -= {low}"
