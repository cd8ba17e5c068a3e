"""The contenders whose results are torch's tensors: netlang, torch, and torch.compile."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

import netlang
from benchmarks.gpu.case import Array, Case
from benchmarks.gpu.contender import Contender
from benchmarks.gpu.steps import Steps, device, leave_default_stream, most_bytes, wait
from netlang.runtime.model import DTYPES, Model

Network = Callable[..., Tensor]


class InTorch(Contender):
    """A function of torch's tensors."""

    layout = torch.channels_last

    @torch.no_grad()
    def prepare(self, case: Case) -> float:
        make_ready(case)
        weights, dtype = case.weights(), DTYPES[case.dtype]
        inputs = [torch.from_numpy(x).to(device(), dtype) for x in case.inputs()]
        inputs = [x.contiguous(memory_format=self.layout) for x in inputs]
        wait()
        start = perf_counter()
        network = self.make(case, weights)
        self.step = partial(network, *inputs)
        self.step()
        wait()
        ready = perf_counter() - start
        self.steps = Steps(self.step)
        return ready

    @abstractmethod
    def make(self, case: Case, weights: Any) -> Network:
        """The function that is timed."""

    def output(self) -> Array:
        self.steps.seconds(1)
        return self.steps.result.float().cpu().numpy()

    def seconds(self, repetitions: int) -> float:
        return self.steps.seconds(repetitions)

    @torch.no_grad()
    def memory(self) -> int:
        return most_bytes(self.step)

    def calls(self, repetitions: int) -> list[float]:
        return self.steps.each(repetitions)


class Netlang(InTorch):
    """An artifact, in the loader that comes with it."""

    layout = torch.contiguous_format

    def make(self, case: Case, weights: Any) -> Network:
        # Triton reads the text of the kernels when it compiles them.
        self.folder = TemporaryDirectory()
        netlang.compile(
            case.graph,
            self.folder.name,
            weights=weights,
            precision=case.dtype,
            batch=case.batch,
            device=case.device,
        )
        return Model.load(self.folder.name)


class Eager(InTorch):
    """torch's own kernels, cuDNN's and cuBLAS's among them, one an operator."""

    def make(self, case: Case, weights: Any) -> Network:
        module: Any = netlang.to_torch(case.folded, weights).eval().requires_grad_(False)
        return module.to(device(), DTYPES[case.dtype], memory_format=self.layout)


class Compiled(Eager):
    """torch.compile, given all the time it wants to choose kernels, and weights that do not change.

    Its own CUDA graphs are left off for the one that all are captured in, which copies no input.
    """

    def make(self, case: Case, weights: Any) -> Network:
        from torch._inductor import config

        config.freezing = True
        module: Any = super().make(case, weights)
        return torch.compile(module, mode="max-autotune-no-cudagraphs", fullgraph=True)


def make_ready(case: Case) -> None:
    """Settles how torch multiplies float32, and that cuDNN measures which algorithm is fastest."""
    leave_default_stream()
    tf32 = case.dtype == "tf32"
    torch.set_float32_matmul_precision("high" if tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
