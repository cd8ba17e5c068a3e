"""Normalizations that look across channels: LRN and softmax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlang.kernels.block import Tile, power_of_two
from netlang.kernels.layer import Layer
from netlang.kernels.text import LOWEST, add, all_of, load, named


@dataclass(frozen=True, kw_only=True)
class LocalResponse:
    """`x / (k + alpha · Σ x²)^beta` over `size` neighbouring channels.

    The formula of Krizhevsky et al. 2012, section 3.3: alpha is not divided by `size`. The window
    of channel c is [c - size//2, c + (size-1)//2], as in torch where `size` is even. Neighbours
    are read again rather than exchanged between threads: they are in the cache.
    """

    size: int
    alpha: float
    beta: float
    k: float

    @property
    def formula(self) -> str:
        """The formula in its numbers."""
        return f"x / ({self.k} + {self.alpha} * sum of {self.size} squares) ** {self.beta}"

    def normalize(self, v: str, pointer: str, channels: int, *inside: str) -> Iterator[str]:
        """Normalizes `v`, float32, which was read at `pointer`: channels `n` of a pixel's."""
        before, after = self.size // 2, (self.size - 1) // 2
        # The first condition is `n < C` shifted: it also guards a block that overhangs.
        near = all_of(*inside, "c >= 0", f"c < {channels}")
        yield f"squares = tl.zeros_like({v})"
        yield f"for shift in tl.static_range({-before}, {after + 1}):"
        yield "    c = n + shift"
        yield f"    near = {near}"
        yield f"    neighbour = {load(add(pointer, 'shift'), 'near')}.to(tl.float32)"
        yield "    squares += neighbour * neighbour"
        yield f"{v} = {v} * tl.exp2({-self.beta} * tl.log2({self.k} + {self.alpha} * squares))"


@dataclass(frozen=True, kw_only=True)
class LRN(LocalResponse, Layer):
    """Local response normalization of each pixel."""

    @property
    def title(self) -> str:
        return f"lrn{self.size}_{self.y}"

    @property
    def about(self) -> str:
        return f"{self.formula}: {self.y}."

    def body(self) -> Iterable[str]:
        pointer = self.x_pointer()
        yield f"v = {load(pointer, *self.block.inside)}.to(tl.float32)"
        yield from self.normalize("v", pointer, self.y.channels, *self.block.rows_inside)


@dataclass(frozen=True, kw_only=True)
class Softmax(Layer):
    """Softmax over the channels of each pixel, in float32."""

    @property
    def title(self) -> str:
        return f"softmax_{self.y}"

    @property
    def about(self) -> str:
        return f"Softmax over channels: {self.y}."

    def default_tile(self) -> Tile:
        n = power_of_two(self.y.channels)
        return Tile(max(1, 1024 // n), n, warps=4 if n <= 4096 else 8)

    def body(self) -> Iterable[str]:
        # Past L1: each logit is read once, and a processor may just have written it (`Linear`).
        lines, inside = named("inside", self.block.inside)
        yield from lines
        logits = load(self.x_pointer(), *inside, other=LOWEST, cache=".cg")
        yield f"v = {logits}"
        yield "v = v.to(tl.float32)"
        yield "v = tl.exp(v - tl.max(v, axis=1)[:, None])"
        yield "v = v / tl.sum(v, axis=1)[:, None]"
