"""Convolution: an implicit GEMM on tensor cores, and a depthwise sum that needs none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from netlang.kernels.block import Block, Tile, elementwise_tile, operand
from netlang.kernels.gather import Gather
from netlang.kernels.kernel import Descriptor, FeatureMap, Packing, Pair, dense
from netlang.kernels.layer import Dtype, Layer
from netlang.kernels.pool import EMPTY
from netlang.kernels.precision import bytes_of
from netlang.kernels.product import product_tile
from netlang.kernels.steps import Steps
from netlang.kernels.text import add, indented, named, numbered, split
from netlang.kernels.tma import ENOUGH, Boxes, can_describe, runs, share_inside
from netlang.kernels.window import Pooling, Window


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

    `x` may be what the caller gives, planes of float32, where it has so few channels that steps run
    across taps.

    Behind a convolution, `pool` makes `y` the map of its maxima: each element is the largest of
    the convolution at the pixels of its window, computed for it alone. The epilogue comes last, so
    it must be what a maximum commutes with: non-decreasing in `v`, alike at all pixels. Ahead of a
    plain 1x1 convolution, `x_pool` is the pool of `x` whose maxima it reads.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    more: tuple[Term, ...] = ()
    pool: Pooling | None = None
    x_pool: Pooling | None = None
    batch: int = 1

    def __post_init__(self) -> None:
        assert self.groups == 1 or not self.more
        assert self.can_split or not self.tile or self.tile.split == 1
        assert not self.x.view.plane or (self.gathers[0].is_flat and not self.more)
        if self.x_pool:
            assert (self.kernel, self.stride, self.pad) == ((1, 1), (1, 1), (0, 0))
            assert self.x_pool.size == (self.out.height, self.out.width)
            assert not self.gathers[0].is_depthwise

    @property
    def title(self) -> str:
        parts = ["_plus_".join(gather.title for gather in self.gathers)]
        parts += [self.pool.title] if self.pool else []
        return "_".join([*parts, f"{self.y.height}x{self.y.width}"])

    @property
    def about(self) -> str:
        own, *more = self.gathers
        plus = "".join(f", plus {gather.about} of {gather.window.x}" for gather in more)
        pool = f", {self.pool.about} to {self.y}" if self.pool else ""
        return f"{own.about.capitalize()}: {self.x} to {self.out}{plus}{pool}."

    @property
    def flops(self) -> int:
        places = self.pool.windows(self.out, self.y).taps if self.pool else 1
        return 2 * self.y.elements * places * sum(gather.depth for gather in self.gathers)

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        return tuple(gather.window.x for gather in self.gathers)

    @property
    def x_dtype(self) -> Dtype:
        return "float32" if self.x.view.plane else self.dtype

    @property
    def packing(self) -> tuple[Packing, ...]:
        """One a term: OIHW becomes [R, S, C/groups, O]."""
        return tuple(gather.packing for gather in self.gathers)

    @property
    def out(self) -> FeatureMap:
        """What the convolution makes: `y`, or the map that is pooled to it."""
        return dense(self.y.channels, *self.pool.size) if self.pool else self.y

    @property
    def gathers(self) -> tuple[Gather, ...]:
        """The terms as matrix products."""
        own = self._windows(self)
        if self.x_pool:
            own = self.x_pool.windows(self.x, self.out, elsewhere=own.elsewhere)
        more = (Gather(self._windows(term)) for term in self.more)
        return (Gather(own, self.groups, self.x_pool), *more)

    def _windows(self, term: Term | Conv) -> Window:
        return Window(
            term.x,
            self.out,
            term.kernel,
            term.stride,
            term.pad,
            term.dilation,
            elsewhere=self.pool is not None,
        )

    @property
    def block(self) -> Block:
        own = self.gathers[0]
        if own.is_depthwise:
            return super().block
        channels = self.y.channels // own.products
        return replace(super().block, channels=channels, groups=own.products, runs=self._runs)

    def default_tile(self) -> Tile:
        own = self.gathers[0]
        if own.is_depthwise:
            return elementwise_tile(self.y.channels)
        depth = own.depth if own.is_flat else own.channels
        tile = product_tile(
            rows=self.batch * self.y.pixels,
            columns=self.y.channels // own.products,
            products=own.products,
            depth=depth,
            precision=self.precision,
            # The loops of all terms are one pipeline deep: that of the longest.
            runs=max(gather.taps * gather.channels for gather in self.gathers) // depth,
        )
        if self.pool:
            # There are two blocks of results: those of a place, and the best so far.
            tile = replace(tile, warps=8)
        if self.x_pool:
            # A step has the pixels of whole windows in flight at once: so many bytes of each.
            k = min(tile.k, 64 // bytes_of(self.dtype))
            tile = replace(tile, m=64, k=k, warps=4, stages=min(tile.stages, 2))
        if any(gather.is_flat for gather in self.gathers):
            # Every product has an address of its own: more of them than this do not fit registers.
            return replace(tile, k=min(tile.k, 32), warps=8)
        if own.merged == 1:
            return tile
        # A tile as wide as the merged groups: more would be zeros, less would load pixels twice.
        return replace(tile, n=operand(own.merged * own.out_group), k=operand(own.channels))

    @property
    def can_use_tma(self) -> bool:
        return not self.pool and can_describe(self.gathers[0], bytes_of(self.dtype))

    @property
    def is_described(self) -> bool:
        """Whether descriptors read its image and its weight."""
        return self.chosen.tma and self.can_use_tma

    @property
    def can_split(self) -> bool:
        own = self.gathers[0]
        is_stepped = not (own.is_depthwise or any(gather.is_flat for gather in self.gathers))
        return is_stepped and not (self.pool or self.x_pool)

    @property
    def _runs(self) -> int:
        """The runs of its pixels: as many as the terms need that are read through descriptors."""
        if not self.is_described:
            return 1
        own, *more = (runs(gather) for gather in self.gathers)
        # A run that is a pixel has no more than the batch to fill a tile.
        if self.batch < self.chosen.m:
            return max(own, *(each for each in more if each < self.y.pixels), 1)
        # All its rows have the same taps in the padding, which can be left out.
        is_edged = any(share_inside(gather.window) < ENOUGH for gather in self.gathers)
        return self.y.pixels if is_edged else max(own, *more, 1)

    @property
    def boxes(self) -> tuple[Boxes | None, ...]:
        """How each term is read through descriptors; None where it is through pointers."""
        if not self.is_described:
            return (None,) * len(self.gathers)
        return tuple(
            Boxes(gather, self.block)
            if can_describe(gather, bytes_of(self.dtype)) and self.block.runs % runs(gather) == 0
            else None
            for gather in self.gathers
        )

    @property
    def x_descriptors(self) -> tuple[Descriptor | None, ...]:
        return tuple(boxes and boxes.x for boxes in self.boxes)

    @property
    def w_descriptors(self) -> tuple[Descriptor | None, ...]:
        return tuple(boxes and boxes.w for boxes in self.boxes)

    def body(self) -> Iterable[str]:
        if self.pool:
            return self._pooled(self.pool)
        return [*self.places(), *self.sum(self.block.rows_inside)]

    def places(self) -> Iterator[str]:
        """Defines where `pixel` is in its image, if a term asks."""
        terms = zip(self.gathers, self.boxes, strict=True)
        if not all(boxes or gather.window.is_pixel for gather, boxes in terms):
            yield from self.block.place()

    def sum(self, rows: tuple[str, ...], column: str = "") -> Iterator[str]:
        """Computes `v`, the sum of the terms; `rows` are the conditions for a pixel to matter.

        `column` is the first of the channels, that of the block unless given.
        """
        for i, (gather, boxes) in enumerate(zip(self.gathers, self.boxes, strict=True)):
            steps = Steps(
                gather, self.block, self.precision, rows, column or self.block.column, boxes
            )
            lines = [*steps.pointers(), *[self.start()] * (i == 0), *steps.loop()]
            yield from numbered(lines, i, "x", "w")

    def _pooled(self, pool: Pooling) -> Iterator[str]:
        """Computes `v`, the maximum of the sum over the places of a window."""
        window, empty = pool.windows(self.out, self.y), EMPTY["max"]
        place = zip(("top", "left"), split("place", *pool.kernel), strict=True)
        lines, rows = named("counts", self.block.rows_inside + window.inside("i", "j"))
        yield from self.block.place()
        yield f"top, left = {', '.join(window.first)}"
        yield self.start(empty, name="best")
        yield f"for place in range({window.taps}):"
        yield f"    i, j = {', '.join(add(*axis) for axis in place)}"
        yield from indented([*lines, *self.sum(rows)])
        v = f"tl.where({rows[0]}, v, {empty})" if rows else "v"
        yield f"    best = maximum(best, {v})"
        yield "v = best"
