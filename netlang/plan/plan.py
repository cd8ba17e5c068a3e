"""What the planner settles: which kernels run, in which order, on which memory."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.device import Target
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Expr
from netlang.kernels import Kernel, Packing
from netlang.kernels.precision import Dtype, Precision


@dataclass(frozen=True)
class Input:
    """What the network is given, by position: an argument of a kernel."""

    position: int


@dataclass(frozen=True)
class Output:
    """The network's result, NCHW."""


@dataclass(frozen=True)
class Memory:
    """A buffer of the arena."""

    buffer: str


@dataclass(frozen=True)
class Constant:
    """A weight as a kernel reads it."""

    weight: str


@dataclass(frozen=True)
class Counters:
    """Numbers to count in, int32 and zero between launches, that no other launch has.

    `offset` is how many an image takes ahead of them.
    """

    offset: int


@dataclass(frozen=True)
class Scratch:
    """A buffer of the arena for float32 numbers that only one launch sees."""

    buffer: str


Argument = Input | Output | Memory | Constant | Counters | Scratch


@dataclass(frozen=True)
class Function:
    """A kernel under a name that no other has, and the layers that launch it."""

    name: str
    kernel: Kernel
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A launch: its layer, its function, and a pointer for each parameter of the kernel."""

    layer: str
    function: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Buffer:
    """Memory of the arena: bytes per image, in use from one launch to another (both included).

    Offset and size are multiplied by the batch. Where the last use of one buffer is the first of
    another they may be one place: that launch writes the one over the other.
    """

    name: str
    size: int
    first: int
    last: int
    offset: int


@dataclass(frozen=True)
class PackedWeight:
    """A weight as kernels read it: an expression over the checkpoint, laid out and rounded once."""

    name: str
    shape: tuple[int, ...]
    expr: Expr
    packing: Packing | None
    dtype: Dtype


@dataclass(frozen=True)
class Plan:
    """A network as launches of kernels, for any batch; `target` is what it should be fast on.

    `counters` is how many an image takes; bytes are those per image. `activation_bytes` is what
    the launches read and write, weights apart; `arena_lower_bound` the most bytes that are in use
    at one time, which no arena can undercut.
    """

    network: str
    target: Target
    inputs: Types
    output: TensorType
    functions: tuple[Function, ...]
    calls: tuple[Call, ...]
    buffers: tuple[Buffer, ...]
    weights: tuple[PackedWeight, ...]
    counters: int
    arena_bytes: int
    arena_lower_bound: int
    activation_bytes: int

    @property
    def precision(self) -> Precision:
        """How numbers are stored and multiplied."""
        return self.target.precision
