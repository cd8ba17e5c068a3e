"""What every kernel is: Triton text made from integers, and what is needed to launch it.

Kernels know no operators and no graphs. A kernel is a frozen description; two launches with equal
descriptions share one kernel. Activations are channels-last: pixel `p` of image `n` starts at
element `(n * pixels + p) * view.stride + view.offset` of its buffer, channels adjacent.
The batch is an argument of the kernel, never a constant of its text.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal, get_args

Precision = Literal["float32", "tf32", "float16", "bfloat16"]
"""How numbers are stored and multiplied; sums are float32 in all of them."""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)

Dtype = Literal["float32", "float16", "bfloat16"]
"""How numbers are stored."""


def storage(precision: Precision) -> Dtype:
    """How numbers of a precision are stored: tf32 is a way to multiply float32."""
    return "float32" if precision == "tf32" else precision


@dataclass(frozen=True)
class View:
    """Where the channels of a pixel lie: `stride` elements from one pixel to the next.

    A slice of a concatenation has the stride of the whole and an offset; a tensor of its own has
    its channel count as stride and no offset.
    """

    stride: int
    offset: int = 0

    def shifted(self, channels: int) -> View:
        """The view that begins some channels further on."""
        return View(self.stride, self.offset + channels)


@dataclass(frozen=True)
class Operand:
    """A second tensor of an epilogue, such as the residual.

    `broadcast` reads one pixel an image for all pixels (a squeeze-and-excitation gate).
    """

    view: View
    broadcast: bool = False


@dataclass(frozen=True)
class Epilogue:
    """What happens to each element between the accumulator and the store.

    A step is a scalar Triton expression over `v` (the value so far, float32), `t0`, `t1`, …
    (elements of `tensors`, as float32) and `c0`, `c1`, … (one float32 a channel):
    `Epilogue(("v + c0", "v + t0", "tl.maximum(v, 0.0)"), (Operand(View(64)),), 1)`.
    """

    steps: tuple[str, ...] = ()
    tensors: tuple[Operand, ...] = ()
    vectors: int = 0

    def then(self, after: Epilogue) -> Epilogue:
        """This epilogue, then another, whose tensors and vectors are numbered on from here."""
        first = {"t": len(self.tensors), "c": self.vectors}

        def renumber(name: re.Match[str]) -> str:
            return f"{name[1]}{int(name[2]) + first[name[1]]}"

        steps = tuple(re.sub(r"\b([tc])(\d+)\b", renumber, step) for step in after.steps)
        tensors = self.tensors + after.tensors
        return Epilogue(self.steps + steps, tensors, self.vectors + after.vectors)


@dataclass(frozen=True)
class Tiles:
    """A grid dimension: `ceil(batch * per_image / tile) * times` programs.

    `times` is how many programs share a tile of pixels, each with channels of its own; as
    neighbours they find those pixels in the cache.
    """

    per_image: int
    tile: int = 1
    times: int = 1

    def programs(self, batch: int) -> int:
        """How many programs run for a batch."""
        return -(-batch * self.per_image // self.tile) * self.times


Grid = tuple[int | Tiles, ...]


@dataclass(frozen=True)
class Parameter:
    """A pointer parameter of a kernel; `dtype` is that of the elements it points to."""

    name: str
    role: Literal["input", "weight", "vector", "tensor", "output"]
    dtype: Dtype


@dataclass(frozen=True)
class Packing:
    """How a weight is laid out for a kernel: reshaped to `shape`, then permuted by `order`."""

    shape: tuple[int, ...]
    order: tuple[int, ...]


@dataclass(frozen=True)
class Kernel(ABC):
    """One Triton function.

    Its arguments are, in this order: the pointers of `parameters` (inputs `x`, `x1`…, weights `w`,
    `w1`…, per-channel vectors `c0`…, epilogue tensors `t0`…, the output `y` or outputs `y0`…), then
    the integer `batch`.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """A Python identifier that says what the kernel does; unequal kernels may share one."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """The pointers it takes, in order."""

    @property
    @abstractmethod
    def grid(self) -> Grid:
        """How many programs run, one to three dimensions."""

    @property
    def warps(self) -> int:
        """Warps a program."""
        return 4

    @property
    def stages(self) -> int:
        """Depth of the software pipeline of its main loop."""
        return 1

    @property
    def packing(self) -> tuple[Packing, ...]:
        """For each weight parameter, in order, the layout in which it is read."""
        return ()

    @abstractmethod
    def source(self, name: str) -> str:
        """The text of the `@triton.jit` function called `name`; it needs `triton` and `tl`."""
