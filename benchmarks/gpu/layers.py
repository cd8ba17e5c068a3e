"""netlang's products, each alone, and what torch does in their place.

Every repetition has memory of its own until the L2 cache has seen twice what it holds: nothing is
warm that would not be in a network. All of that memory holds noise, because zeros draw less power.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
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
from benchmarks.gpu.with_torch import Network, set_precision
from netlang.backends.triton.artifact import write_artifact
from netlang.compiler import Compilation
from netlang.ir.composite import Chain, Together
from netlang.ir.op import Op
from netlang.ir.pieces import LETTERS, parts_of
from netlang.kernels.kernel import Precision
from netlang.kernels.layer import BYTES
from netlang.plan import Argument, Call, Constant, Counters, Input, Memory, Plan, Scratch
from netlang.runtime.model import DTYPES, Model

MOST = 64
"""Repetitions with memory of their own: what is still in the cache then takes next to no time."""


class _Alone(Timed):
    """A layer, so many times with memory of its own."""

    def prepare(self, layer: Layer) -> None:
        """Makes it ready; `seconds` are those of one."""
        vars(self).clear()  # the layer before it gives its memory back
        set_precision(layer.case)
        compilation = compiled(layer.case)
        call = products(compilation)[layer.function]
        self.copies = copies(compilation.plan, call)
        with torch.no_grad():
            step = self.make(layer.case, compilation, call)
            with Noise(layer.case.dtype):
                step()
            self.steps = Steps(step)

    @abstractmethod
    def make(self, case: Case, compilation: Compilation, call: Call) -> Network:
        """A function that runs all the copies, of no arguments."""

    def seconds(self, repetitions: int) -> float:
        return self.steps.seconds(repetitions) / self.copies


class OfNetlang(_Alone):
    """A kernel in netlang's loader."""

    def make(self, case: Case, compilation: Compilation, call: Call) -> Network:
        plan = repeated(compilation.plan, call, self.copies)
        self.folder = TemporaryDirectory()
        write_artifact(plan, _weights(case), self.folder.name)
        given = [_noise((case.batch, *x.shape), case) for x in plan.inputs]
        return partial(Model.load(self.folder.name, graph=False), *(x.contiguous() for x in given))


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
        return lambda: [results(node.op, *each) for each in memory][-1][-1]


def repeated(plan: Plan, call: Call, copies: int) -> Plan:
    """A plan of nothing but a launch, so many times: each has inputs, memory and weights alone."""
    used = {argument.weight for argument in call.arguments if isinstance(argument, Constant)}

    def moved(argument: Argument, copy: int) -> Argument:
        match argument:
            case Input(position):
                return Input(copy * len(plan.inputs) + position)
            case Memory(name) | Scratch(name):
                return type(argument)(_copied(name, copy))
            case Constant(name):
                return Constant(_copied(name, copy))
            case Counters(offset):
                return Counters(copy * plan.counters + offset)
            case _:
                return argument

    every = range(copies)
    return replace(
        plan,
        inputs=plan.inputs * copies,
        functions=tuple(f for f in plan.functions if f.name == call.function),
        calls=tuple(
            replace(call, arguments=tuple(moved(argument, i) for argument in call.arguments))
            for i in every
        ),
        buffers=tuple(
            replace(b, name=_copied(b.name, i), offset=i * plan.arena_bytes + b.offset)
            for i in every
            for b in plan.buffers
        ),
        weights=tuple(
            replace(w, name=_copied(w.name, i))
            for i in every
            for w in plan.weights
            if w.name in used
        ),
        counters=copies * plan.counters,
        arena_bytes=copies * plan.arena_bytes,
    )


def copies(plan: Plan, call: Call) -> int:
    """In how many places a launch has to work to find nothing in the L2 cache."""
    (kernel,) = (f.kernel for f in plan.functions if f.name == call.function)
    used = {argument.weight for argument in call.arguments if isinstance(argument, Constant)}
    weights = sum(BYTES[w.dtype] * prod(w.shape) for w in plan.weights if w.name in used)
    moved = plan.target.batch * (kernel.bytes_read + kernel.bytes_written) + weights
    return max(2, min(MOST, -(-2 * plan.target.device.l2 // moved)))


def results(op: Op, xs: Sequence[Tensor], w: dict[str, Any]) -> list[Tensor]:
    """What an operator gives in torch; several results are not copied side by side."""
    match op:
        case Together():
            each = zip(op.parts, op.shares(xs), parts_of(w, LETTERS), strict=False)
            return [result for part, x, own in each for result in results(part, x, own)]
        case Chain(keep=True):
            given, others = op.shares(xs)
            first, second = parts_of(w, LETTERS[:2])
            y = op.first.torch(F, given, first, False)
            return [y, op.second.torch(F, (y, *others), second, False)]
        case _:
            return [op.torch(F, xs, w, False)]


class Noise(TorchFunctionMode):
    """In here memory that `torch.empty` gives holds noise; bytes do as numbers of a precision."""

    def __init__(self, dtype: Precision):
        super().__init__()
        self.dtype = DTYPES[dtype]

    def __torch_function__(
        self, func: Any, types: Any, args: Iterable[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        if func is torch.empty and made.numel():
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
