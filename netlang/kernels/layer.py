"""What the kernels of all families share: a feature map in, a feature map out, an epilogue."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import ClassVar, Literal

from netlang.kernels.block import Block, Tile, elementwise_tile
from netlang.kernels.kernel import Epilogue, Grid, Kernel, Parameter, Precision, View
from netlang.kernels.text import add, count, load, mul, nth, quotient, signature, store, wide

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

    vector: ClassVar[str] = "c"
    tensor: ClassVar[str] = "t"
    """What the pointers to an epilogue's vectors and tensors are called, less their numbers."""

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
    def epilogues(self) -> tuple[Epilogue, ...]:
        """The epilogues that it runs, in the order of their vectors and tensors."""
        return (self.epilogue,)

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
        vectors = sum(epilogue.vectors for epilogue in self.epilogues)
        tensors = sum(len(epilogue.tensors) for epilogue in self.epilogues)
        return (
            *(Parameter(nth("x", i), "input", self.x_dtype) for i in range(len(self.inputs))),
            *(Parameter(nth("w", i), "weight", self.dtype) for i in range(len(self.packing))),
            *(Parameter(f"{self.vector}{i}", "vector", "float32") for i in range(vectors)),
            *(Parameter(f"{self.tensor}{i}", "tensor", self.dtype) for i in range(tensors)),
            *(Parameter(name, "output", self.y_dtype) for name in self.output_names),
        )

    @property
    def output_names(self) -> tuple[str, ...]:
        """The pointers to `outputs`."""
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
        head = signature(name, *(p.name for p in self.parameters), "batch")
        lines = [f'"""{self.about}', "", *self._costs(), '"""', *self.lines()]
        text = "\n".join(f"    {line}".rstrip() for line in lines)
        return f"@triton.jit\n{head}\n{text}\n"

    def lines(self) -> Iterator[str]:
        """The text of the function, below its docstring."""
        yield from self.block.lines()
        yield from self.body()
        yield from self.finish(self.vector, self.tensor)
        yield from self.stores(*self.output_names)

    def x_pointer(self, pixel: str = "at", channel: str = "n") -> str:
        """Where a channel of the input's pixel is."""
        return address("x", pixel, self.x.view, channel)

    def y_pointer(self, name: str) -> str:
        """Where the block goes in the output of a name."""
        return address(name, "at", self.y.view)

    def start(self, value: str = "0.0", rows: int = 0, name: str = "v") -> str:
        """Starts `v` as one number everywhere; `rows` are those of the block, unless given."""
        shape = f"({rows or self.chosen.m}, {self.chosen.n})"
        if value == "0.0":
            return f"{name} = tl.zeros({shape}, tl.float32)"
        return f"{name} = tl.full({shape}, {value}, tl.float32)"

    @property
    def bytes_read(self) -> int:
        """Bytes of activations that an image needs, each counted once."""
        return BYTES[self.x_dtype] * sum(x.elements for x in self.inputs) + self.tensor_bytes

    @property
    def tensor_bytes(self) -> int:
        """Those of them that are the epilogue's."""
        tensors = self.epilogue.tensors
        elements = sum(self.y.channels if t.broadcast else self.y.elements for t in tensors)
        return BYTES[self.dtype] * elements

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

    def finish(self, vector: str, tensor: str, before: Epilogue = IDENTITY) -> Iterator[str]:
        """Applies the epilogue to `v`; its pointers are numbered on from those of one `before`."""
        block = self.block
        for i in range(self.epilogue.vectors):
            pointer = f"{vector}{before.vectors + i} + n"
            yield f"c{i} = {load(pointer, *block.columns_inside)}"
        for i, operand in enumerate(self.epilogue.tensors):
            pixel = self._image if operand.broadcast else "at"
            pointer = address(f"{tensor}{len(before.tensors) + i}", pixel, operand.view)
            yield f"t{i} = {load(pointer, *block.inside)}.to(tl.float32)"
        for step in self.epilogue.steps:
            yield f"v = {step}"

    def stores(self, *names: str) -> Iterator[str]:
        """Stores `v` in the outputs of these names."""
        if not self.into:
            yield store(self.y_pointer(names[0]), "v", *self.block.inside)
            return
        assert sum(part.channels for part in self.into) == self.y.channels
        ends = list(accumulate(part.channels for part in self.into))
        starts = [0, *ends[:-1]]
        branches = len(starts) > 1 and self.block.is_cut_at(starts)
        for name, part, start, end in zip(names, self.into, starts, ends, strict=True):
            inside = self.block.rows_inside + self.block.between(start, end, branches)
            line = store(address(name, "at", part.view.shifted(-start)), "v", *inside)
            if branches:
                yield self.block.branch(start, end)
                yield f"    {line}"
            else:
                yield line
