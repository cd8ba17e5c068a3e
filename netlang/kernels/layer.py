"""What the kernels of all families share: a feature map in, a feature map out, an epilogue."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from netlang.ground.units import si
from netlang.kernels.block import Block, Tile, elementwise_tile
from netlang.kernels.kernel import (
    Descriptor,
    Epilogue,
    FeatureMap,
    Grid,
    Kernel,
    Operand,
    Parameter,
    Sampled,
    View,
    dense,
)
from netlang.kernels.precision import Dtype, Precision, bytes_of, storage
from netlang.kernels.product import to_tf32
from netlang.kernels.text import add, function, indented, load, mul, nth, store, wide
from netlang.kernels.window import Window

_si = partial(si, trim=True)

IDENTITY = Epilogue()

NUMBERS = ("batch", "DEPENDENT: tl.constexpr")
"""What every kernel takes behind its pointers."""

WAIT = ("if DEPENDENT:", "    gdc_wait()")
"""Where it is launched before the kernel ahead of it has ended: nothing of that one's is touched
before this line."""

RELEASE = ("if DEPENDENT:", "    gdc_launch_dependents()")
"""The next kernel may be launched: it waits until this one has ended."""


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

    def afterwards(self, name: str) -> Iterable[str]:
        """The text that follows the store, in the function called `name`."""
        return ()

    @property
    def flops(self) -> int:
        """Arithmetic per image, where it is worth knowing: two for a multiply-add."""
        return 0

    def default_tile(self) -> Tile:
        """The tile where none is given."""
        return elementwise_tile(self.y.channels)

    @property
    def chosen(self) -> Tile:
        """The tile it is made with."""
        return self.tile or self.default_tile()

    @property
    def can_use_tma(self) -> bool:
        """Whether descriptors can read its input and its weight."""
        return False

    @property
    def can_split(self) -> bool:
        """Whether programs can share the steps of a block."""
        return False

    @property
    def block(self) -> Block:
        """What one program computes."""
        return Block(self.y.pixels, self.y.channels, self.chosen, by_image=self.by_image)

    @property
    def by_image(self) -> bool:
        """Whether a program has pixels of one image, because it reads them from planes."""
        return bool(self.x.view.plane)

    @property
    def dtype(self) -> Dtype:
        """How `x`, `y`, the weights and the epilogue's tensors are stored."""
        return storage(self.precision)

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
    def in_place(self) -> Mapping[str, tuple[str, ...]]:
        # It answers for what it writes; of what lies beside a slice it knows nothing.
        is_whole = self.y == dense(self.y.channels, self.y.height, self.y.width)
        return {"y": self.replaceable} if is_whole and not self.into else {}

    @property
    def replaceable(self) -> tuple[str, ...]:
        """The parameters that are read at the element that is written, and are stored like it."""
        return tuple(f"tensor{i}" for i in self.aligned)

    @property
    def aligned(self) -> tuple[int, ...]:
        """The epilogue's tensors that lie as `y` does."""
        same = Operand(self.y.view)
        tensors = self.epilogue.tensors if self.dtype == self.y_dtype else ()
        return tuple(i for i, tensor in enumerate(tensors) if tensor == same)

    @property
    def name(self) -> str:
        return f"{self.title}_{self.label}" if self.label else self.title

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        vectors = sum(epilogue.vectors for epilogue in self.epilogues)
        tensors = sum(len(epilogue.tensors) for epilogue in self.epilogues)
        return (
            *(
                Parameter(nth("x", i), "input", self.x_dtype, descriptor=descriptor)
                for i, descriptor in enumerate(self.x_descriptors)
            ),
            *(
                Parameter(nth("w", i), "weight", self.dtype, descriptor=descriptor)
                for i, descriptor in enumerate(self.w_descriptors)
            ),
            *(Parameter(f"vector{i}", "vector", "float32") for i in range(vectors)),
            *(Parameter(f"tensor{i}", "tensor", self.dtype) for i in range(tensors)),
            *self.shared(),
            *(Parameter(name, "output", self.y_dtype) for name in self.output_names),
        )

    def shared(self) -> Iterator[Parameter]:
        """What programs hand over to each other."""
        block, tile = self.block, self.chosen
        if tile.split > 1:
            size = block.most * tile.split * tile.m * tile.n
            yield Parameter("sums", "scratch", "float32", size)
            yield Parameter("counters", "counter", "int32", block.most)

    @property
    def x_descriptors(self) -> tuple[Descriptor | None, ...]:
        """How each of `inputs` is read, where not through a pointer."""
        return (None,) * len(self.inputs)

    @property
    def w_descriptors(self) -> tuple[Descriptor | None, ...]:
        """How each weight is read, where not through a pointer."""
        return (None,) * len(self.packing)

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
        return self._function(name, NUMBERS, ["tile = tl.program_id(0)"])

    def part(self, name: str) -> str:
        """The text of a function that does what program `tile` would; that is its last argument."""
        return self._function(name, [*NUMBERS, "tile"], [])

    def _function(self, name: str, numbers: Iterable[str], first: Iterable[str]) -> str:
        lines = [f'"""{self.about}', "", *self._costs(), '"""', *first]
        lines += self.lines(name)
        return function(name, [*(p.name for p in self.parameters), *numbers], lines)

    def lines(self, name: str) -> Iterator[str]:
        """The text of the function called `name`, below its docstring."""
        yield from self.block.lines()
        yield from WAIT
        yield from self.body()
        yield from RELEASE
        last = [*self.finish(), *self.stores(*self.output_names)]
        last += self.afterwards(name)
        yield from self._added_up(last) if self.chosen.split > 1 else last

    def _added_up(self, last: Iterable[str]) -> Iterator[str]:
        """Leaves `v` to the program of its block that is done last, which does the rest."""
        split, m, n = self.chosen.split, self.chosen.m, self.chosen.n
        size = m * n
        element = f"tl.arange(0, {m})[:, None] * {n} + tl.arange(0, {n})[None, :]"
        yield f"sums += {mul(wide('tile'), split * size)} + {element}"
        yield f"tl.store(sums + part * {size}, v)"
        yield from self.count_in("counters + tile", split)
        yield f"    {self.start()}"
        yield f"    for other in range({split}):"
        yield f"        v += {load(f'sums + other * {size}', cache='.cg')}"
        yield from indented(last)

    def count_in(self, counter: str, programs: int) -> Iterator[str]:
        """The head of a branch that the last of so many programs takes."""
        yield "# The barrier puts what all threads stored ahead of the count, which releases it:"
        yield "# who counts last has acquired what every program stored."
        yield "tl.debug_barrier()"
        yield f"counter = {counter}"
        yield f'if tl.atomic_add(counter, 1, sem="acq_rel", scope="gpu") == {programs - 1}:'
        yield "    tl.store(counter, 0)  # for the next launch"

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
        return bytes_of(self.x_dtype) * sum(x.elements for x in self.inputs) + self.tensor_bytes

    @property
    def tensor_bytes(self) -> int:
        """The part of `bytes_read` that is the epilogue's tensors."""
        return bytes_of(self.dtype) * sum(map(self._read, self.epilogue.tensors))

    @property
    def bytes_written(self) -> int:
        return bytes_of(self.y_dtype) * self.y.elements

    @property
    def weight_bytes(self) -> int:
        """Bytes of its weights."""
        return bytes_of(self.dtype) * sum(math.prod(w.shape) for w in self.packing)

    def _costs(self) -> Iterator[str]:
        reads, writes = self.bytes_read, self.bytes_written
        weights = self.weight_bytes
        flops = f"{_si(self.flops, 'FLOP')}, " if self.flops else ""
        constant = f" Weights: {_si(weights, 'B')}." if weights else ""
        yield f"An image: {flops}{_si(reads, 'B')} read, {_si(writes, 'B')} written.{constant}"

    def _read(self, tensor: Operand) -> int:
        """Numbers of an epilogue's tensor that an image needs."""
        channels = tensor.sampled.channels if tensor.sampled else self.y.channels
        return channels if tensor.broadcast else channels * self.y.pixels

    def place(self, window: Window) -> Iterator[str]:
        """Defines where the windows of the program's pixels are."""
        if not window.is_pixel:
            yield from self.block.place()
            yield from window.corners()

    def finish(self, before: Epilogue = IDENTITY) -> Iterator[str]:
        """Applies the epilogue to `v`; its pointers are numbered on from those of one `before`.

        In tf32 `v` is then what a product can take as it is.
        """
        for i in range(self.epilogue.vectors):
            pointer = f"vector{before.vectors + i} + n"
            yield f"c{i} = {load(pointer, *self.block.columns_inside)}"
        for i, operand in enumerate(self.epilogue.tensors):
            yield from self._operand(f"t{i}", f"tensor{len(before.tensors) + i}", operand)
        for step in self.epilogue.steps:
            yield f"v = {step}"
        if self.precision == "tf32":
            yield from to_tf32("v")

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

    def _operand(self, name: str, buffer: str, tensor: Operand) -> Iterator[str]:
        """Loads the block of an epilogue's tensor."""
        pixel, channel, inside = "at", "n", self.block.inside
        if tensor.broadcast:
            pixel = self.block.image
        if tensor.sampled:
            lines, channel, there = self.block.channel(
                tensor.sampled.channels, tensor.sampled.before
            )
            window = self._window(tensor.sampled, tensor.view)
            yield from self.place(window)
            yield from lines
            pixel, inside = window.corner, self.block.rows_inside + there
        pointer = address(buffer, pixel, tensor.view, channel)
        yield f"{name} = {load(pointer, *inside)}.to(tl.float32)"

    def _window(self, x: Sampled, view: View) -> Window:
        whole = FeatureMap(x.channels, x.height, x.width, view)
        return Window(whole, self.y, (1, 1), x.stride, (0, 0))
