"""The network on a CPU: optimized, channels last, without gradients."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from netlang.backends.torch.module import to_module
from netlang.ir.graph import Graph
from netlang.passes import SIMPLIFY, optimize


class Engine:
    """Runs a network on images N x C x H x W in float32, and gives back the kind it was given.

    `weights` is a checkpoint of the network as it is written; `threads` limits the cores of a
    call, None leaves them to torch. `module` is what runs: the optimized network, layer by layer.
    """

    def __init__(self, graph: Graph, weights: Mapping[str, Any], threads: int | None = None):
        self.threads = threads
        module: Any = (
            to_module(optimize(graph, SIMPLIFY).graph, weights).eval().requires_grad_(False)
        )
        # oneDNN's convolutions want the channels innermost; torch keeps them there on its own.
        self.module: Any = module.to(memory_format=torch.channels_last)

    def __call__(self, *images: Any) -> Any:
        given = [torch.as_tensor(x, dtype=torch.float32) for x in images]
        with torch.inference_mode(), _threads(self.threads):
            output = self.module(*map(_channels_last, given))
        return output if isinstance(images[0], Tensor) else output.numpy()


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


@contextmanager
def _threads(count: int | None) -> Generator[None]:
    """Limits torch's threads for a while: torch knows one number for the whole process."""
    before = torch.get_num_threads()
    torch.set_num_threads(count or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
