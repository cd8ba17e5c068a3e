"""Linear: one product of a batch of rows with a weight matrix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlang.kernels.block import Tile, cut
from netlang.kernels.kernel import Packing
from netlang.kernels.layer import Layer
from netlang.kernels.product import multiply_add, product_tile
from netlang.kernels.text import add, along, indented, load, mul, split


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """`y[i] = W · flatten(x[i])`, where `y` has one pixel.

    The weight is O x (C·H·W), its columns in torch's order of flattening (channels first);
    `packing` reorders them as activations are stored, so that flattening moves nothing.
    `batch` is a hint for the choice of `tile`; the kernel is right for any batch.

    A tile of one row is a matrix-vector product: no tensor cores, every program streams its rows
    of the weight once. That is what a batch of one wants, where the weight is all there is to read.
    """

    batch: int = 1

    @property
    def title(self) -> str:
        return f"linear_{self.x.elements}to{self.y.channels}"

    @property
    def about(self) -> str:
        return f"Linear: {self.x} to {self.y.channels}."

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

    def body(self) -> Iterable[str]:
        tile, depth = self.chosen, self.x.elements
        yield f"rows = {self._rows()}"
        yield f"columns = {add('w', mul('n', depth))}"
        if tile.m == 1:
            yield f"products = tl.zeros(({tile.k}, {tile.n}), tl.float32)"
        else:
            yield self.start()
        yield f"for first in range(0, {depth}, {tile.k}):"
        yield f"    k = first + tl.arange(0, {tile.k})"
        yield from indented(self._step())
        if tile.m == 1:
            yield "v = tl.sum(products, axis=0)[None, :]"

    def _rows(self) -> str:
        """Pointers to the images, of which `x` holds `pixels` each."""
        return add("x", mul(mul("at", self.x.pixels), self.x.view.stride), self.x.view.offset)

    def _step(self) -> Iterator[str]:
        depth, k = self.x.elements, self.chosen.k
        offset = "k"
        if not self.x.is_dense:
            # Other channels of a concatenation lie between the pixels.
            pixel, c = split("k", self.x.pixels, self.x.channels)
            offset = "offset"
            yield f"offset = {add(mul(pixel, self.x.view.stride), c)}"
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
