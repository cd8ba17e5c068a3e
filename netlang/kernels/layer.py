"""What the kernels of all families share: a feature map in, a feature map out, an epilogue."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from netlang.kernels.block import Block, Tile, elementwise_tile
from netlang.kernels.kernel import Epilogue, Grid, Kernel, Operand, Parameter, Precision, View
from netlang.kernels.text import add, count, load, mul, nth, quotient, store, wide

Dtype = Literal["float32", "float16", "bfloat16"]

BYTES: dict[Dtype, int] = {"float32": 4, "float16": 2, "bfloat16": 2}

IDENTITY = Epilogue()


@dataclass(frozen=True)
class FeatureMap:
    """Channels x height x width an image, and where they lie; a flat value is 1 pixel."""

    channels: int
    height: int
    width: int
    view: View

    @property
    def pixels(self) -> int:
        """Pixels an image."""
        return self.height * self.width

    @property
    def elements(self) -> int:
        """Numbers an image."""
        return self.channels * self.pixels

    @property
    def is_dense(self) -> bool:
        """Whether the numbers of an image are adjacent, with nothing in between."""
        return self.view.stride == self.channels or self.pixels == 1

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


def dense(channels: int, height: int = 1, width: int = 1) -> FeatureMap:
    """A feature map with a buffer of its own."""
    return FeatureMap(channels, height, width, View(channels))


def address(buffer: str, pixel: str, view: View, channel: str = "n") -> str:
    """A pointer to a channel of a pixel."""
    return add(buffer, mul(pixel, view.stride), view.offset, channel)


@dataclass(frozen=True, kw_only=True)
class Layer(Kernel):
    """A kernel from `x` to `y`.

    `label` ends its name and says what the epilogue does. `tile` is chosen from the other fields
    unless it is given, which is how a tuner overrides the choice. `into`, if given, are the maps
    that the channels of `y` are dealt out to, so many to each, in place of one buffer for all.

    The text of every layer defines the names of `Block`, then `v`, the block of `y` in float32;
    the epilogue changes `v` and the last line stores it.
    """

    x: FeatureMap
    y: FeatureMap
    precision: Precision
    epilogue: Epilogue = IDENTITY
    label: str = ""
    tile: Tile | None = None
    into: tuple[FeatureMap, ...] = ()

    @property
    @abstractmethod
    def title(self) -> str:
        """The kernel's name without the label."""

    @property
    @abstractmethod
    def about(self) -> str:
        """One line: what it computes, with shapes."""

    @abstractmethod
    def body(self) -> Iterable[str]:
        """The text that computes `v`."""

    @property
    def flops(self) -> int:
        """Arithmetic an image, where it is worth knowing: two for a multiply-add."""
        return 0

    def default_tile(self) -> Tile:
        """The tile where none is given."""
        return elementwise_tile(self.y.channels)

    @property
    def chosen(self) -> Tile:
        """The tile it is made with."""
        return self.tile or self.default_tile()

    @property
    def block(self) -> Block:
        """What one program computes."""
        return Block(self.y.pixels, self.y.channels, self.chosen)

    @property
    def dtype(self) -> Dtype:
        """How `x`, `y`, the weights and the epilogue's tensors are stored."""
        return "float32" if self.precision == "tf32" else self.precision

    @property
    def inputs(self) -> tuple[FeatureMap, ...]:
        """The maps that it reads, those of the epilogue apart."""
        return (self.x,)

    @property
    def outputs(self) -> tuple[FeatureMap, ...]:
        """The maps that it writes."""
        return self.into or (self.y,)

    @property
    def x_dtype(self) -> Dtype:
        """How the input is stored."""
        return self.dtype

    @property
    def y_dtype(self) -> Dtype:
        """How the output is stored."""
        return self.dtype

    @property
    def name(self) -> str:
        return f"{self.title}_{self.label}" if self.label else self.title

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            *(Parameter(nth("x", i), "input", self.x_dtype) for i in range(len(self.inputs))),
            *(Parameter(nth("w", i), "weight", self.dtype) for i in range(len(self.packing))),
            *(Parameter(f"c{i}", "vector", "float32") for i in range(self.epilogue.vectors)),
            *(Parameter(f"t{i}", "tensor", self.dtype) for i in range(len(self.epilogue.tensors))),
            *(Parameter(name, "output", self.y_dtype) for name in self._output_names),
        )

    @property
    def _output_names(self) -> tuple[str, ...]:
        several = len(self.outputs) > 1
        return tuple(f"y{i}" for i in range(len(self.outputs))) if several else ("y",)

    @property
    def grid(self) -> Grid:
        return (self.block.grid,)

    @property
    def warps(self) -> int:
        return self.chosen.warps

    @property
    def stages(self) -> int:
        return self.chosen.stages

    def source(self, name: str) -> str:
        arguments = ", ".join([*(p.name for p in self.parameters), "batch"])
        lines = [f'"""{self.about}', "", *self._costs(), '"""']
        lines += [*self.block.lines(), *self.body(), *self._epilogue(), *self._store()]
        text = "\n".join(f"    {line}".rstrip() for line in lines)
        return f"@triton.jit\ndef {name}({arguments}):\n{text}\n"

    def x_pointer(self, pixel: str = "at", channel: str = "n") -> str:
        """Where a channel of the input's pixel is."""
        return address("x", pixel, self.x.view, channel)

    def y_pointer(self) -> str:
        """Where the block goes."""
        return address("y", "at", self.y.view)

    def start(self, value: str = "0.0", rows: int = 0, name: str = "v") -> str:
        """Starts `v` as one number everywhere; `rows` are those of the block, unless given."""
        shape = f"({rows or self.chosen.m}, {self.chosen.n})"
        if value == "0.0":
            return f"{name} = tl.zeros({shape}, tl.float32)"
        return f"{name} = tl.full({shape}, {value}, tl.float32)"

    @property
    def bytes_read(self) -> int:
        """Bytes of activations that an image needs, each counted once."""
        tensors = sum(self.y.channels if t.broadcast else self.y.elements for t in self._tensors)
        inputs = sum(x.elements for x in self.inputs)
        return BYTES[self.x_dtype] * inputs + BYTES[self.dtype] * tensors

    @property
    def bytes_written(self) -> int:
        """Bytes of activations that an image leaves."""
        return BYTES[self.y_dtype] * self.y.elements

    def _costs(self) -> Iterator[str]:
        reads, writes = self.bytes_read, self.bytes_written
        weights = BYTES[self.dtype] * sum(math.prod(w.shape) for w in self.packing)
        flops = f"{count(self.flops, 'FLOP')}, " if self.flops else ""
        constant = f" Weights: {count(weights, 'B')}." if weights else ""
        yield f"An image: {flops}{count(reads, 'B')} read, {count(writes, 'B')} written.{constant}"

    @property
    def _image(self) -> str:
        return "at" if self.y.pixels == 1 else wide(quotient("pixel", self.y.pixels))

    @property
    def _tensors(self) -> tuple[Operand, ...]:
        return self.epilogue.tensors

    def _epilogue(self) -> Iterator[str]:
        block = self.block
        for i in range(self.epilogue.vectors):
            yield f"c{i} = {load(f'c{i} + n', *block.columns_inside)}"
        for i, tensor in enumerate(self._tensors):
            pixel = self._image if tensor.broadcast else "at"
            pointer = address(f"t{i}", pixel, tensor.view)
            yield f"t{i} = {load(pointer, *block.inside)}.to(tl.float32)"
        for step in self.epilogue.steps:
            yield f"v = {step}"

    def _store(self) -> Iterator[str]:
        if not self.into:
            yield store(self.y_pointer(), "v", *self.block.inside)
            return
        assert sum(part.channels for part in self.into) == self.y.channels
        ends = list(accumulate(part.channels for part in self.into))
        starts = [0, *ends[:-1]]
        branches = len(starts) > 1 and self.block.is_cut_at(starts)
        for name, part, start, end in zip(self._output_names, self.into, starts, ends, strict=True):
            inside = self.block.rows_inside + self.block.between(start, end, branches)
            line = store(address(name, "at", part.view.shifted(-start)), "v", *inside)
            if branches:
                yield self.block.branch(start, end)
                yield f"    {line}"
            else:
                yield line
