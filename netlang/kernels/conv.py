"""Convolution: an implicit GEMM on tensor cores, and a depthwise sum that needs none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from netlang.kernels.block import Block, Tile, elementwise_tile, power_of_two
from netlang.kernels.gather import Gather, Steps
from netlang.kernels.kernel import FeatureMap, Packing, Pair
from netlang.kernels.layer import Layer
from netlang.kernels.product import product_tile
from netlang.kernels.text import numbered
from netlang.kernels.window import Window


@dataclass(frozen=True, kw_only=True)
class Term:
    """A convolution of a map of its own that is added to another, such as a projection shortcut.

    Its fields are those of `Conv`; it has no groups.
    """

    x: FeatureMap
    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)


@dataclass(frozen=True, kw_only=True)
class Conv(Layer):
    """Convolution of `x` (C x H x W) to `y` (O x P x Q), the terms `more` added to it.

    Pairs are (vertical, horizontal). `pad` is (top, left) alone: the padding at the bottom and on
    the right is whatever the size of `y` implies. The weight is O x C/groups x R x S, and each
    term has one. A sum has no groups. `batch` is a hint for the choice of `tile`; the kernel is
    right for any batch.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    more: tuple[Term, ...] = ()
    batch: int = 1

    def __post_init__(self) -> None:
        assert self.groups == 1 or not self.more

    @property
    def title(self) -> str:
        terms = "_plus_".join(gather.title for gather in self.gathers)
        return f"{terms}_{self.y.height}x{self.y.width}"

    @property
    def about(self) -> str:
        own, *more = self.gathers
        plus = "".join(f", plus {gather.about} of {gather.window.x}" for gather in more)
        return f"{own.about.capitalize()}: {self.x} to {self.y}{plus}."

    @property
    def flops(self) -> int:
        return 2 * self.y.elements * sum(gather.depth for gather in self.gathers)

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        return tuple(gather.window.x for gather in self.gathers)

    @property
    def packing(self) -> tuple[Packing, ...]:
        """One a term: OIHW becomes [R, S, C/groups, O]."""
        return tuple(gather.packing for gather in self.gathers)

    @property
    def gathers(self) -> tuple[Gather, ...]:
        """The terms as matrix products."""
        own = Window(self.x, self.y, self.kernel, self.stride, self.pad, self.dilation)
        more = (
            Window(term.x, self.y, term.kernel, term.stride, term.pad, term.dilation)
            for term in self.more
        )
        return (Gather(own, self.groups), *map(Gather, more))

    @property
    def block(self) -> Block:
        own = self.gathers[0]
        if own.is_depthwise:
            return super().block
        channels = self.y.channels // own.products
        return Block(self.y.pixels, channels, self.chosen, groups=own.products)

    def default_tile(self) -> Tile:
        own = self.gathers[0]
        if own.is_depthwise:
            return elementwise_tile(self.y.channels)
        tile = product_tile(
            rows=self.batch * self.y.pixels,
            columns=self.y.channels // own.products,
            products=own.products,
            depth=own.depth if own.is_flat else own.channels,
            precision=self.precision,
            runs=1 if own.is_flat else own.window.taps,
        )
        if any(gather.is_flat for gather in self.gathers):
            # Every product has an address of its own: more of them than this do not fit registers.
            return replace(tile, k=min(tile.k, 32), warps=8)
        if own.merged == 1:
            return tile
        # A tile as wide as the merged groups: more would be zeros, less would load pixels twice.
        n = max(16, power_of_two(own.merged * own.out_group))
        return replace(tile, n=n, k=max(16, power_of_two(own.channels)))

    def body(self) -> Iterable[str]:
        yield from self._sum(self.block.rows_inside)

    def _sum(self, rows: tuple[str, ...]) -> Iterator[str]:
        """Computes `v`, the sum of the terms."""
        windows = [gather.window for gather in self.gathers]
        if not all(window.is_pixel for window in windows):
            yield windows[0].image()
        for i, gather in enumerate(self.gathers):
            steps = Steps(gather, self.block, self.precision, rows)
            lines = [*gather.window.corners(), *steps.pointers()]
            lines += [self.start()] * (i == 0)
            lines += steps.loop()
            yield from numbered(lines, i, "x", "w")
