"""Linear: one product of a batch of rows with a weight matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from netlang.ground.integers import ceil_div
from netlang.kernels.block import Tile, cut
from netlang.kernels.kernel import Descriptor, Extent, Packing, Parameter, View
from netlang.kernels.layer import Layer
from netlang.kernels.norm import Softmax
from netlang.kernels.precision import bytes_of
from netlang.kernels.product import multiply_add, product_tile
from netlang.kernels.text import add, along, atom, indented, load, mul, quotient, split
from netlang.kernels.tma import array, is_aligned
from netlang.kernels.window import pitch


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """`y[i] = W · flatten(x[i])`, where `y` has one pixel.

    The weight is O x (C·H·W), its columns in torch's order of flattening (channels first);
    `packing` reorders them as activations are stored, so that flattening moves nothing.
    `batch` is a hint for the choice of `tile`; the kernel is right for any batch.

    A tile of one row is a matrix-vector product: no tensor cores, every program streams its rows
    of the weight once. That is what a batch of one wants, where the weight is all there is to read.

    With `softmax` the program of a tile of rows that is done last turns its logits into
    probabilities where they lie, a few rows at a time: the logits pass through `y`, rounded as it
    is. Programs that share a tile of rows count themselves in `finished`.
    """

    batch: int = 1
    softmax: bool = False

    @property
    def title(self) -> str:
        return f"linear_{self.x.elements}to{self.y.channels}"

    @property
    def name(self) -> str:
        return f"{super().name}_softmax" if self.softmax else super().name

    @property
    def about(self) -> str:
        softmax = ", then softmax" if self.softmax else ""
        return f"Linear: {self.x} to {self.y.channels}{softmax}."

    def shared(self) -> Iterator[Parameter]:
        yield from super().shared()
        if self.softmax and self.block.columns > 1:
            yield Parameter("finished", "counter", "int32", size=1)

    @property
    def warps(self) -> int:
        return max(super().warps, self._normalizer.warps if self.softmax else 0)

    @property
    def flops(self) -> int:
        return 2 * self.x.elements * self.y.channels

    @property
    def packing(self) -> tuple[Packing, ...]:
        """O x (C·H·W) becomes [O, H, W, C]."""
        shape = (self.y.channels, self.x.channels, self.x.height, self.x.width)
        return (Packing(shape, (0, 2, 3, 1)),)

    def default_tile(self) -> Tile:
        depth, columns = self.x.elements, self.y.channels
        if self.batch == 1:
            return Tile(1, 8, cut(depth, 512, 256, 128, 64), stages=3)
        return product_tile(self.batch, columns, 1, depth, self.precision)

    @property
    def can_split(self) -> bool:
        return True

    @property
    def can_use_tma(self) -> bool:
        return is_aligned(self.x.view, bytes_of(self.dtype)) and is_aligned(
            View(self.x.elements), bytes_of(self.dtype)
        )

    @property
    def is_described(self) -> bool:
        """Whether descriptors read the images and the weight."""
        tile = self.chosen
        # A step has channels of one pixel, and a row of a tile is a row of tensor cores.
        is_whole = self.x.pixels == 1 or self.x.channels % tile.k == 0
        return tile.tma and self.can_use_tma and is_whole and tile.m > 1

    @property
    def x_descriptors(self) -> tuple[Descriptor | None, ...]:
        tile = self.chosen
        dimensions: tuple[Extent, ...] = ((self.x.pixels, 0), (1, 1))
        first = 0 if self.x.pixels > 1 else 1
        box = array(self.x, dimensions[first:], (1, tile.m, tile.k)[first:])
        return (box if self.is_described else None,)

    @property
    def w_descriptors(self) -> tuple[Descriptor | None, ...]:
        tile, depth = self.chosen, self.x.elements
        shape, strides = ((self.y.channels, 0), (depth, 0)), ((depth, 0), (1, 0))
        box = Descriptor(shape, strides, (tile.n, tile.k))
        return (box if self.is_described else None,)

    def body(self) -> Iterable[str]:
        tile, depth = self.chosen, self.x.elements
        if not self.is_described:
            yield f"rows = {self.x_pointer(channel='0')}"
            if self.x.pixels > 1:
                yield f"pitch = {pitch(self.x.view)}"
            yield f"columns = {add('w', mul('n', depth))}"
        if tile.m == 1:
            yield f"products = tl.zeros(({tile.k}, {tile.n}), tl.float32)"
        else:
            yield self.start()
        steps = ceil_div(depth, tile.k) // tile.split
        assert steps * tile.split == ceil_div(depth, tile.k)
        if tile.split > 1:
            yield f"for i in range({steps}):"
            yield f"    first = ({add(mul('part', steps), 'i')}) * {tile.k}"
        else:
            yield f"for first in range(0, {depth}, {tile.k}):"
        yield from indented(self._blocks() if self.is_described else self._step())
        if tile.m == 1:
            yield "v = tl.sum(products, axis=0)[None, :]"

    def _blocks(self) -> Iterator[str]:
        """A step whose factors are blocks of arrays."""
        tile, channels = self.chosen, self.x.channels
        if self.x.pixels > 1:
            where = f"first // {channels}, start, first % {channels}"
            yield f"a = x.load([{where}]).reshape({tile.m}, {tile.k})"
        else:
            yield "a = x.load([start, first])"
        yield f"b = w.load([{self.block.column}, first])"
        yield multiply_add(self.precision, b="b.T")

    def afterwards(self, name: str) -> Iterable[str]:
        if not self.softmax:
            return
        columns, normalize = self.block.columns, self._normalize(name)
        if columns == 1:
            yield "tl.debug_barrier()"
            yield from normalize
        else:
            yield from self.count_in(f"finished + tile // {columns}", columns)
            yield from indented(normalize)

    @property
    def _normalizer(self) -> Softmax:
        """Softmax of a few rows of a tile: 16 numbers per thread, more of them have spilled."""
        softmax = Softmax(x=self.y, y=self.y, precision=self.precision)
        rows = min(self.chosen.m, max(1, 2048 // softmax.chosen.n))
        return replace(softmax, tile=replace(softmax.chosen, m=rows))

    def _normalize(self, name: str) -> Iterator[str]:
        """Calls the normalizer for the rows of a tile."""
        steps = self.chosen.m // self._normalizer.chosen.m
        row = mul(quotient("tile", self.block.columns), steps)
        if steps > 1:
            yield f"for step in range({steps}):"
            yield f"    {name}_rows(y, y, batch, False, {add(row, 'step')})"
        else:
            yield f"{name}_rows(y, y, batch, False, {row})"

    def _function(self, name: str, numbers: Iterable[str], first: Iterable[str]) -> str:
        text = super()._function(name, numbers, first)
        return f"{text}\n\n{self._normalizer.part(f'{name}_rows')}" if self.softmax else text

    def _step(self) -> Iterator[str]:
        depth, k = self.x.elements, self.chosen.k
        yield f"k = first + tl.arange(0, {k})"
        offset = "k"
        if self.x.pixels > 1:
            # The other images of the batch lie between the pixels of this one.
            offset = "offset"
            if self.x.channels % k:
                pixel, c = split("k", self.x.pixels, self.x.channels)
                yield f"offset = {add(f'{atom(pixel)} * pitch', c)}"
            else:
                pixel, c = split("first", self.x.pixels, self.x.channels)
                yield f"offset = {add(f'{atom(pixel)} * pitch', c, f'tl.arange(0, {k})')}"
        is_vector = self.chosen.m == 1
        tail = f"k < {depth}" if depth % k else ""
        axis = "[:, None]" if is_vector else "[None, :]"
        a = load(f"rows + {offset}{axis}", *self.block.rows_inside, *along(tail, axis))
        b = load("columns + k[:, None]", *along(tail, "[:, None]"), *self.block.columns_inside)
        if is_vector:
            yield f"a = {a}.to(tl.float32)"
            yield f"b = {b}.to(tl.float32)"
            yield "products += a * b"
        else:
            yield f"a = {a}"
            yield f"b = {b}"
            yield multiply_add(self.precision)
