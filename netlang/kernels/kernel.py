"""What every kernel is: Triton text made from integers, and what is needed to launch it.

Kernels know no operators and no graphs. A kernel is a frozen description; two launches with equal
descriptions share one kernel. Activations are HWNC: pixel `p` of image `n` starts at element
`(p * batch + n) * view.stride + view.offset` of its buffer, channels adjacent. The images of a
batch lie side by side at each pixel, so that what pads a row for a convolution is what is outside
of an array of [height, width * batch, channels]. The batch is an argument of the kernel, never a
constant of its text.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from netlang.ground.integers import ceil_div
from netlang.kernels.precision import Dtype

IMPORTS = """import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait


@triton.jit
def maximum(a, b):
    return tl.maximum(a, b, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def minimum(a, b):
    return tl.minimum(a, b, propagate_nan=tl.PropagateNan.ALL)
"""
"""What stands ahead of kernels in a file.

A maximum with nan is nan, as in torch: of Triton's own a ReLU would make 0.
"""

Pair = tuple[int, int]
"""Vertical, horizontal."""


@dataclass(frozen=True)
class View:
    """Where the channels of a pixel lie: `stride` elements from one pixel to the next.

    A slice of a concatenation has the stride of the whole and an offset; a tensor of its own has
    its channel count as stride and no offset. In torch's order (NCHW) a channel is a plane: a pixel
    is next to its neighbours, and its own channels are `plane` elements apart.
    """

    stride: int
    offset: int = 0
    plane: int = 0

    def shifted(self, channels: int) -> View:
        """The view that begins some channels further on."""
        return replace(self, offset=self.offset + channels)


@dataclass(frozen=True)
class FeatureMap:
    """Channels x height x width per image, and where they lie; a flat value is 1 pixel."""

    channels: int
    height: int
    width: int
    view: View

    @property
    def pixels(self) -> int:
        """Pixels per image."""
        return self.height * self.width

    @property
    def elements(self) -> int:
        """Numbers per image."""
        return self.channels * self.pixels

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


def planes(channels: int, height: int, width: int) -> FeatureMap:
    """A feature map as the caller gives it: contiguous, NCHW."""
    return FeatureMap(channels, height, width, View(1, plane=height * width))


def dense(channels: int, height: int = 1, width: int = 1) -> FeatureMap:
    """A feature map with a buffer of its own."""
    return FeatureMap(channels, height, width, View(channels))


@dataclass(frozen=True)
class Sampled:
    """A map that is not of the result's shape, of which the result's pixels are a selection.

    They are every `stride`-th row and column. The channels of the result are `before` zeros, those
    of the map, then zeros (He et al. 2015, section 3.3, option A).
    """

    channels: int
    height: int
    width: int
    stride: Pair = (1, 1)
    before: int = 0


@dataclass(frozen=True)
class Operand:
    """A second tensor of an epilogue, such as the residual.

    It is of the result's shape, unless `broadcast` reads one pixel per image for all pixels (a
    squeeze-and-excitation gate) or `sampled` says what else it is.
    """

    view: View
    broadcast: bool = False
    sampled: Sampled | None = None


@dataclass(frozen=True)
class Epilogue:
    """What happens to each element between the accumulator and the store.

    A step is a scalar Triton expression over `v` (the value so far, float32), `t0`, `t1`, …
    (elements of `tensors`, as float32) and `c0`, `c1`, … (one float32 per channel):
    `Epilogue(("v + c0", "v + t0", "maximum(v, 0.0)"), (Operand(View(64)),), 1)`.
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
    """`ceil(batch * per_image / tile) * times` programs.

    `times` is how many programs share a tile of pixels, each with channels of its own; as
    neighbours they find those pixels in the cache.
    """

    per_image: int
    tile: int = 1
    times: int = 1

    def programs(self, batch: int) -> int:
        """How many programs run for a batch."""
        return ceil_div(batch * self.per_image, self.tile) * self.times


Grid = tuple[Tiles, ...]
"""The programs of a kernel in one dimension: those of the first tiles, then those of the next."""


Role = Literal["input", "weight", "vector", "tensor", "counter", "scratch", "output"]
"""What a parameter points to: a weight has a packing, a vector one number per channel; a tensor is
read by an epilogue."""

Extent = tuple[int, int]
"""A number, and how often it is multiplied by the batch: (56, 1) is 56 times the batch."""


@dataclass(frozen=True)
class Descriptor:
    """A buffer as the tensor memory accelerator (TMA) of an H100 reads it, a block at a time.

    It is an array of `shape` and `strides` (in numbers; the last stride is 1) that begins `offset`
    numbers into the buffer. A block may lie across any edge: what is outside reads as zero.
    """

    shape: tuple[Extent, ...]
    strides: tuple[Extent, ...]
    block: tuple[int, ...]
    offset: int = 0


@dataclass(frozen=True)
class Parameter:
    """A parameter of a kernel: a pointer to numbers of `dtype`, or a `descriptor` of them.

    `size` is how many numbers an image takes, where the kernel alone says so: of its counters, all
    zero when it starts and again when it has ended, and of its scratch memory. No kernel that may
    run at the same time has the same ones.
    """

    name: str
    role: Role
    dtype: Dtype | Literal["int32"]
    size: int = 0
    descriptor: Descriptor | None = None


@dataclass(frozen=True)
class Packing:
    """How a weight is laid out for a kernel: reshaped to `shape`, then permuted by `order`."""

    shape: tuple[int, ...]
    order: tuple[int, ...]


@dataclass(frozen=True)
class Kernel(ABC):
    """One Triton function.

    Its arguments are, in this order: those of `parameters` (inputs `x`, `x1`…, weights `w`, `w1`…,
    per-channel vectors `vector0`…, epilogue tensors `tensor0`…, `sums` and `counters` of programs
    that share work, the output `y` or outputs `y0`…), then the integer `batch` and the constant
    `DEPENDENT`: whether it is launched before the kernel ahead of it has ended, so that it must
    wait itself (programmatic dependent launch, sm_90 and newer).
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
        """How many programs run."""

    @property
    def warps(self) -> int:
        """Warps per program."""
        return 4

    @property
    def stages(self) -> int:
        """Depth of the software pipeline of its main loop."""
        return 1

    @property
    def packing(self) -> tuple[Packing, ...]:
        """The layouts in which the weight parameters are read, in order."""
        return ()

    @property
    @abstractmethod
    def bytes_read(self) -> int:
        """Bytes of activations that an image needs, each counted once."""

    @property
    @abstractmethod
    def bytes_written(self) -> int:
        """Bytes of activations that an image leaves."""

    @property
    def in_place(self) -> Mapping[str, tuple[str, ...]]:
        """The parameters whose memory an output may take, for each that has a buffer of its own.

        An element of theirs is read by no program but the one that writes it there, and before.
        """
        return {}

    @abstractmethod
    def source(self, name: str) -> str:
        """The text of the `@triton.jit` function called `name`; it needs `IMPORTS`.

        Functions that it calls stand behind it; their names begin with `name` too.
        """
