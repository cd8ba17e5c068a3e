"""netlang's products, each alone, and what torch does in their place.

Every repetition has memory of its own until the L2 cache has seen twice what it holds: nothing is
warm that would not be in a network. All of that memory holds noise, because zeros draw less power.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from math import prod
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from benchmarks.gpu.case import Array, Case, Layer, compiled, products
from benchmarks.gpu.contender import Timed
from benchmarks.gpu.steps import Steps, device
from benchmarks.gpu.with_torch import Network, make_ready
from netlang.backends.triton.artifact import write_artifact
from netlang.compiler import Compilation
from netlang.ground.integers import ceil_div
from netlang.ir.composite import Chain, Together
from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.kernels.precision import Precision, bytes_of
from netlang.plan import Argument, Buffer, Call, Constant, Counters, Input, Memory, Plan, Scratch
from netlang.plan.arena import Lifetime
from netlang.runtime.model import DTYPES, Model

LEAST = 32
"""Launches in a graph: what a loader does but once for all of them is lost among so many."""

MOST = 64
"""Launches with memory of their own: what is still in the cache then takes next to no time."""


class _Alone(Timed):
    """A layer, so many times with memory of its own."""

    def prepare(self, layer: Layer) -> None:
        """Makes it ready; `seconds` are those of one."""
        vars(self).clear()  # the layer before it gives its memory back
        make_ready(layer.case)
        compilation = compiled(layer.case)
        call = products(compilation)[layer.function]
        self.copies = copies(compilation.plan, call)
        self.rounds = ceil_div(LEAST, self.copies)
        with torch.no_grad():
            step = self.make(layer.case, compilation, call)
            with Noise(layer.case.dtype):
                step()
            self.steps = Steps(step)

    @abstractmethod
    def make(self, case: Case, compilation: Compilation, call: Call) -> Network:
        """A function that runs all the copies, of no arguments."""

    def seconds(self, repetitions: int) -> float:
        return self.steps.seconds(repetitions) / (self.copies * self.rounds)


class OfNetlang(_Alone):
    """A kernel in netlang's loader."""

    def make(self, case: Case, compilation: Compilation, call: Call) -> Network:
        plan = repeated(compilation.plan, call, self.copies, self.rounds)
        self.folder = TemporaryDirectory()
        write_artifact(plan, _weights(case), self.folder.name)
        return partial(Model.load(self.folder.name), torch.zeros(case.batch, 1, device=device()))


class OfTorch(_Alone):
    """The operators that the kernel computes, in torch's own kernels, channels last."""

    def make(self, case: Case, compilation: Compilation, call: Call) -> Network:
        graph = compilation.optimized.graph
        node = graph[call.layer]
        shapes = {slot: weight.shape for slot, weight in graph.weights(node).items()}
        memory = [
            (
                [_noise((case.batch, *x.shape), case) for x in graph.types(node)],
                {slot: _noise(shape, case) for slot, shape in shapes.items()},
            )
            for _ in range(self.copies)
        ]
        return lambda: [results(node.op, *each) for each in memory * self.rounds][-1][-1]


def repeated(plan: Plan, call: Call, copies: int, rounds: int = 1) -> Plan:
    """A plan of a launch alone, in so many places in turn, each with weights and memory of its own.

    What the launch reads of the network's inputs is memory as well; the plan's one input is a
    number an image, which nothing reads: a loader would have to copy images.
    """
    used = {argument.weight for argument in call.arguments if isinstance(argument, Constant)}
    buffers = (*plan.buffers, *_images(plan))
    size = max(buffer.offset + buffer.size for buffer in buffers)
    every = range(copies)

    def moved(argument: Argument, copy: int) -> Argument:
        match argument:
            case Input(position):
                return Memory(_copied(_image(position), copy))
            case Memory(name) | Scratch(name):
                return type(argument)(_copied(name, copy))
            case Constant(name):
                return Constant(_copied(name, copy))
            case Counters(offset):
                return Counters(copy * plan.counters + offset)
            case _:
                return argument

    calls = tuple(
        replace(call, arguments=tuple(moved(argument, i) for argument in call.arguments))
        for i in every
    )
    return replace(
        plan,
        inputs=(TensorType((1,)),),
        functions=tuple(f for f in plan.functions if f.name == call.function),
        calls=calls * rounds,
        buffers=tuple(
            replace(b, name=_copied(b.name, i), offset=i * size + b.offset)
            for i in every
            for b in buffers
        ),
        weights=tuple(
            replace(w, name=_copied(w.name, i))
            for i in every
            for w in plan.weights
            if w.name in used
        ),
        counters=copies * plan.counters,
        arena_bytes=copies * size,
    )


def _images(plan: Plan) -> Iterator[Buffer]:
    """The network's inputs as buffers behind the arena."""
    offset = plan.arena_bytes
    for position, x in enumerate(plan.inputs):
        size = Lifetime(x.elements * bytes_of(plan.precision), 0, 0).aligned
        yield Buffer(_image(position), size, 0, 0, offset)
        offset += size


def _image(position: int) -> str:
    return f"input {position}"


def copies(plan: Plan, call: Call) -> int:
    """In how many places a launch has to work to find nothing in the L2 cache."""
    (kernel,) = (f.kernel for f in plan.functions if f.name == call.function)
    used = {argument.weight for argument in call.arguments if isinstance(argument, Constant)}
    weights = sum(bytes_of(w.dtype) * prod(w.shape) for w in plan.weights if w.name in used)
    moved = plan.target.batch * (kernel.bytes_read + kernel.bytes_written) + weights
    return max(2, min(MOST, ceil_div(2 * plan.target.device.l2, moved)))


def results(op: Op, xs: Sequence[Tensor], w: dict[str, Any]) -> list[Tensor]:
    """What an operator gives in torch; several results are not copied side by side."""
    match op:
        case Together():
            each = zip(op.parts, op.shares(xs), op.own(w), strict=True)
            return [result for part, x, own in each for result in results(part, x, own)]
        case Chain(keep=True):
            given, others = op.shares(xs)
            first, second = op.own(w)
            y = op.first.torch(F, given, first, False)
            return [y, op.second.torch(F, (y, *others), second, False)]
        case _:
            return [op.torch(F, xs, w, False)]


class Noise(TorchFunctionMode):
    """In here memory that is new and empty holds noise; bytes do so as numbers of a precision."""

    def __init__(self, dtype: Precision):
        super().__init__()
        self.dtype = DTYPES[dtype]

    def __torch_function__(
        self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if func in (torch.empty, Tensor.new_empty) and made.numel():
            numbers = made.view(self.dtype) if made.dtype == torch.uint8 else made
            numbers.normal_()
        return made


def _noise(shape: Sequence[int], case: Case) -> Tensor:
    """Numbers of the size of a network's; those of an image channels last, as weights are."""
    spread = prod(shape[1:]) ** -0.5 if len(shape) > 1 else 1.0
    numbers = spread * torch.randn(*shape, device=device())
    order = torch.channels_last if len(shape) == 4 else torch.contiguous_format
    return numbers.to(DTYPES[case.dtype]).contiguous(memory_format=order)


@lru_cache(maxsize=1)
def _weights(case: Case) -> dict[str, Array]:
    return dict(case.weights())


def _copied(name: str, copy: int) -> str:
    return f"{name} {copy}"
