"""Two convolutions in one kernel, the first one's result multiplied on while it is in registers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from netlang.ground.integers import ceil_div
from netlang.kernels.block import Block, Tile, operand
from netlang.kernels.conv import Conv
from netlang.kernels.kernel import Descriptor, Epilogue, FeatureMap, Packing
from netlang.kernels.layer import RELEASE, WAIT, Layer
from netlang.kernels.precision import Precision
from netlang.kernels.product import multiply_add
from netlang.kernels.text import add, along, indented, load, mul


@dataclass(frozen=True, kw_only=True)
class BackToBack(Layer):
    """A 1x1 convolution, to `y`, of what `first` makes; that is stored too if it is to `keep`.

    `first` has a product per tap and no groups; its tile is not looked at. A program has all
    channels of `y` at its pixels (256 at most). It makes those of `first` in chunks, each as
    `first` would store it: epilogue applied and rounded. `x` and `precision` are those of `first`.

    Vectors and tensors of `first` come before the second's.
    """

    x: FeatureMap = field(init=False)
    precision: Precision = field(init=False)
    first: Conv
    keep: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "x", self.first.x)
        object.__setattr__(self, "precision", self.first.precision)
        assert self.first.groups == 1
        assert not any(gather.is_flat for gather in self.first.gathers)
        assert not self.first.pool
        assert not self.first.into
        assert (self.first.y.height, self.first.y.width) == (self.y.height, self.y.width)
        assert self.y.channels <= self.chosen.n <= 256

    @property
    def title(self) -> str:
        return f"{self.first.name}_then_conv1x1_{self.first.y.channels}to{self.y.channels}"

    @property
    def about(self) -> str:
        return f"{self.first.about.rstrip('.')}, then conv 1x1 to {self.y}."

    @property
    def flops(self) -> int:
        return self.first.flops + 2 * self.y.elements * self.first.y.channels

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        return self.first.inputs

    @property
    def outputs(self) -> tuple[FeatureMap, ...]:
        return (*self._kept, *super().outputs)

    @property
    def epilogues(self) -> tuple[Epilogue, ...]:
        return self.first.epilogue, self.epilogue

    @property
    def packing(self) -> tuple[Packing, ...]:
        """The packings of `first`, then OIHW becomes [1, 1, C, O]."""
        shape = (self.y.channels, self.first.y.channels, 1, 1)
        return (*self.first.packing, Packing(shape, (2, 3, 1, 0)))

    @property
    def in_place(self) -> Mapping[str, tuple[str, ...]]:
        before = len(self.first.epilogue.tensors)
        own = tuple(f"tensor{before + i}" for i in self.aligned)
        last = {self.output_names[-1]: own} if super().in_place else {}
        kept = tuple(f"tensor{i}" for i in self.first.aligned)
        return last | ({"y0": kept} if self.keep and self.first.in_place else {})

    @property
    def bytes_read(self) -> int:
        return self.first.bytes_read + self.tensor_bytes

    @property
    def bytes_written(self) -> int:
        return super().bytes_written + (self.first.bytes_written if self.keep else 0)

    @property
    def chunk(self) -> int:
        """Channels of `first` that a program has at one time."""
        channels = operand(self.first.y.channels)
        if self.dtype == "float32":
            # As an operand they are in registers too, where they take twice the room.
            return min(channels, 64)
        # Every chunk gathers the windows anew, which is dear where they have several taps.
        has_windows = any(gather.taps > 1 for gather in self.first.gathers)
        return min(channels, 256 if channels == 256 and has_windows else 128)

    def default_tile(self) -> Tile:
        chunk, n = self.chunk, operand(self.y.channels)
        tile = replace(self.first, y=replace(self.first.y, channels=chunk)).default_tile()
        # Both blocks of sums are in registers; so are the pointers of each term, and an address for
        # every number of a shortcut that is sampled. 128 rows of more columns do not fit.
        sampled = any(tensor.sampled for tensor in self.first.epilogue.tensors)
        columns = 192 if sampled or self.first.more else 320
        columns = min(columns, 160) if self.dtype == "float32" else columns
        m = tile.m if chunk + n <= columns else 64
        return Tile(m, n, tile.k, warps=8 if m * (chunk + n) > 64 * 128 else 4, stages=tile.stages)

    @property
    def _first(self) -> Conv:
        """The first convolution as this kernel computes it."""
        return replace(self.first, tile=replace(self.chosen, n=self.chunk))

    @property
    def block(self) -> Block:
        return replace(super().block, runs=self._first.block.runs)

    @property
    def can_use_tma(self) -> bool:
        return self.first.can_use_tma

    @property
    def x_descriptors(self) -> tuple[Descriptor | None, ...]:
        return self._first.x_descriptors

    @property
    def w_descriptors(self) -> tuple[Descriptor | None, ...]:
        return (*self._first.w_descriptors, None)

    def lines(self, name: str) -> Iterator[str]:
        first = self._first
        channels, chunk = first.y.channels, self.chunk
        blocks = ceil_div(channels, chunk)
        yield from self.block.lines("out")
        yield from WAIT
        yield from first.places()
        yield self.start(name="u")
        if blocks > 1:
            yield f"for channel in range(0, {channels}, {chunk}):"
            yield from indented(self._chunk(first, "channel"))
        else:
            yield from self._chunk(first, "0")
        yield from RELEASE
        yield "n, v = out, u"
        yield from self.finish(self.first.epilogue)
        yield from self.stores(*self.output_names[len(self._kept) :])

    def body(self) -> Iterable[str]:
        return ()

    @property
    def _kept(self) -> tuple[FeatureMap, ...]:
        return (self.first.y,) if self.keep else ()

    def _chunk(self, first: Conv, channel: str) -> Iterator[str]:
        """Computes the first convolution from `channel` on and multiplies it into `u`."""
        block, chunk = first.block, self.chunk
        yield f"n = {add(channel, f'tl.arange(0, {chunk})[None, :]')}"
        yield from first.sum(block.rows_inside, channel)
        yield from first.finish()
        if self.keep:
            yield from first.stores("y0")
        if block.columns_inside:
            # An epilogue may make anything of the channels that are not there.
            yield f"v = tl.where({block.columns_inside[0]}, v, 0.0)"
        yield f"k = {add(channel, f'tl.arange(0, {chunk})')}"
        rows = along(f"k < {first.y.channels}" if block.columns_inside else "", "[:, None]")
        columns = (f"out < {self.y.channels}",) * len(self.block.columns_inside)
        pointer = f"w{len(first.packing)} + {mul('k[:, None]', self.y.channels)} + out"
        yield f"b = {load(pointer, *rows, *columns)}"
        yield multiply_add(self.precision, "v.to(b.dtype)", "b", "u")
