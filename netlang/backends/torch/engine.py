"""The network on a CPU: optimized, channels last, products packed, without gradients."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from netlang.backends.torch.packed import Function, can_pack, packed, tail
from netlang.backends.torch.schedule import Step, schedule
from netlang.ground.arrays import Checkpoint
from netlang.ir.fused import Fused
from netlang.ir.graph import Graph, Node
from netlang.passes import SIMPLIFY, optimize
from netlang.passes.fuse.fuse_epilogue import fuse_epilogue
from netlang.weights import evaluated

Seen = Callable[[str, Tensor, float], None]
"""Takes a layer's name, its value (N x C x H x W) and how many seconds it took."""


class Engine:
    """Runs a network on images N x C x H x W, and gives back the kind it was given, in float32.

    `weights` is a checkpoint of the network as it is written; `threads` limits the cores of a
    call, None leaves them to torch. It takes any batch, and is fast at `batch`. It computes in
    `precision`, which the CPU should have. `graph` is what runs: the network, optimized. `seen` is
    told of each layer that has run: its name, its value, which the next layers may overwrite, and
    the seconds that it took.
    """

    def __init__(
        self,
        graph: Graph,
        weights: Checkpoint,
        threads: int | None = None,
        precision: str = "float32",
        batch: int = 1,
    ):
        self.threads, self.is_packed = threads or torch.get_num_threads(), can_pack()
        self._dtype: torch.dtype = getattr(torch, precision)
        self._batch = batch
        self.graph = optimize(graph, (*SIMPLIFY, fuse_epilogue)).graph
        numbers = evaluated(self.graph, weights)
        self._steps = schedule(self.graph, (self.graph.output,)).steps
        # oneDNN orders weights for a number of threads; with others it does so again at each call.
        with torch.inference_mode(), _threads(self.threads):
            self._functions = [self._function(step, numbers) for step in self._steps]

    def __call__(self, *images: Any, seen: Seen | None = None) -> Any:
        given = [torch.as_tensor(x, dtype=self._dtype) for x in images]
        with torch.inference_mode(), _threads(self.threads):
            output = self._run(map(_channels_last, given), seen or _nobody).float()
        return output if isinstance(images[0], Tensor) else output.numpy()

    def _run(self, given: Any, seen: Seen) -> Tensor:
        names = (node.name for node in self.graph.inputs)
        values: dict[str, Tensor] = dict(zip(names, given, strict=True))
        for step, function in zip(self._steps, self._functions, strict=True):
            start = perf_counter()
            value = values[step.name] = function(*[values[name] for name in step.inputs])
            seen(step.name, value, perf_counter() - start)
            for name in step.last_use_of:
                del values[name]
        return values[self.graph.output]

    def _function(self, step: Step, numbers: Mapping[str, Any]) -> Function:
        """A layer with its weights."""
        node = self.graph[step.name]
        w = {
            slot: _channels_last(torch.from_numpy(numbers[f"{node.name}.{slot}"]).to(self._dtype))
            for slot in self.graph.weights(node)
        }
        return (self._packed(node, step, w) if self.is_packed else None) or (
            lambda *xs: node.op.torch(F, xs, w, False)
        )

    def _packed(self, node: Node, step: Step, w: Mapping[str, Tensor]) -> Function | None:
        op, types = node.op, self.graph.types(node)
        taken = tail(op, types, node.type)
        overwrites = taken.operand is not None and self._is_free(step, node.inputs[taken.operand])
        function = packed(op, types, w, taken, self._batch, overwrites)
        if function is None or not isinstance(op, Fused) or taken.steps == len(op.steps):
            return function
        return lambda *xs: op.finish(F, function(*xs), xs, w, False, taken.steps)

    def _is_free(self, step: Step, name: str) -> bool:
        """Whether nobody else reads a value that a step reads, nor another in the same memory."""
        if name not in step.last_use_of or step.inputs.count(name) > 1:
            return False
        maker, readers = self.graph[name], self.graph.users[name]
        return all(node.op.family in ("conv", "pool") for node in (maker, *readers))


def _nobody(_name: str, _value: Tensor, _seconds: float) -> None:
    pass


def _channels_last(x: Tensor) -> Tensor:
    # oneDNN's convolutions want the channels innermost; torch keeps them there on its own.
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


@contextmanager
def _threads(count: int) -> Generator[None]:
    """Limits torch's threads for a while: torch knows one number for the whole process."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
