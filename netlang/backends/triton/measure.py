"""A GPU as a clock: how long a plan takes, and what it gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

from netlang.backends.triton.manifest import manifest
from netlang.backends.triton.numbers import packed
from netlang.backends.triton.source import source
from netlang.device import DEVICES, Device, matching
from netlang.diagnostic import error
from netlang.ground.arrays import Array, Checkpoint
from netlang.plan import Function, PackedWeight, Plan

SAMPLES, WARM_UP = 15, 3
"""Passes that are timed, and those ahead of them that are not."""


@dataclass(frozen=True)
class Pass:
    """A pass of a plan: how long it takes, in seconds, and its result."""

    seconds: float
    result: Any


class RefusalError(Exception):
    """Why a plan has no time: it does not run, or for want of room not now."""


class FaultError(RefusalError):
    """Triton, the assembler or the device would not have it, and would not another time."""


class DeadError(FaultError):
    """That, and this process has lost its GPU: a kernel has written where nothing is."""


Clock = Callable[[Plan], Pass]
"""Runs a plan; raises `RefusalError`."""

Bench = Callable[[Checkpoint, Sequence[Any], Sequence[int]], Clock]
"""Runs plans of one network with a checkpoint, on inputs N x C x H x W, all of NumPy.

The result is that of the images which the third argument names.
"""


def bench(device: Device) -> Bench:
    """The GPU of this machine; `NetError` where it has none, or is another device."""
    import torch

    if not torch.cuda.is_available():
        raise error(
            "kernels are timed on a GPU, and torch finds no CUDA device",
            help=f"tune on a machine with one ({device.name}); the tuning.json that is written "
            "there serves on this one too",
        )
    name = torch.cuda.get_device_name()
    known = matching(name)
    if known is None or DEVICES[known].name != device.name:
        here = f"the device '{known}' is here" if known else f"it is none of {', '.join(DEVICES)}"
        raise error(f"this machine's GPU is '{name}', and the target is {device.name}", help=here)
    return Gpu


class Gpu:
    """This machine's GPU, which runs plans of one network as the loader of artifacts does.

    Each weight is packed and loaded once: plans share it, and what they have it for several times
    are copies that the device makes. A pass leaves its arena to the next, so that plans which are
    to be compared lie in the same memory.
    """

    def __init__(
        self, checkpoint: Mapping[str, Array], inputs: Sequence[Array], seen: Sequence[int]
    ):
        self._checkpoint, self._inputs, self._seen = checkpoint, inputs, list(seen)
        self._given: list[Any] = []
        self._packed: dict[PackedWeight, Any] = {}
        self._weights: dict[PackedWeight, Any] = {}
        self._functions: tuple[Function, ...] = ()

    def __call__(self, plan: Plan) -> Pass:
        import torch

        lack = torch.OutOfMemoryError, MemoryError, OSError
        try:
            model = self._model(plan)
        except lack as problem:  # all else is a bug here, and no tile's fault
            raise RefusalError(_said(problem)) from problem
        try:
            return self._pass(model)
        except lack as problem:
            raise RefusalError(_said(problem)) from problem
        # Triton, its compiler and CUDA have no class in common for what they refuse.
        except Exception as problem:
            raise (DeadError if _is_dead() else FaultError)(_said(problem)) from problem

    def _pass(self, model: Any) -> Pass:
        import torch

        self._given = self._given or [torch.from_numpy(x).to(model.device) for x in self._inputs]
        result = model(*self._given)[self._seen].float().cpu().numpy()
        return Pass(_seconds(lambda: model(*self._given)), result)

    def _model(self, plan: Plan) -> Any:
        from netlang.runtime.folder import Network
        from netlang.runtime.model import Model, device_for

        loaded = json.loads(manifest(plan))
        device = device_for(None, loaded)
        weights = {weight.name: self._weight(weight, device) for weight in plan.weights}
        return Model(Network(loaded, self._module(plan), weights), device, graph=True, graphs=1)

    def _weight(self, weight: PackedWeight, device: Any) -> Any:
        """The tensor of a weight, which is a copy where it differs from another in name alone."""
        alike = replace(weight, name="")
        if alike not in self._packed:
            self._packed[alike] = _loaded(packed(weight, self._checkpoint), weight, device)
        if weight not in self._weights:
            self._weights[weight] = self._packed[alike].clone()
        return self._weights[weight]

    def _module(self, plan: Plan) -> ModuleType:
        """The kernels of a plan: the last one's, where they are the same."""
        from netlang.runtime.folder import import_kernels

        if plan.functions != self._functions:
            # Triton reads the file again at a kernel's first launch.
            self._home = TemporaryDirectory()
            path = Path(self._home.name) / "kernels.py"
            path.write_text(source(plan), encoding="utf-8")
            self._kernels = import_kernels(path, [function.name for function in plan.functions])
            self._functions = plan.functions
        return self._kernels


def _loaded(numbers: Array, weight: PackedWeight, device: Any) -> Any:
    import numpy as np
    import torch

    from netlang.runtime.folder import DTYPES

    tensor = torch.from_numpy(np.ascontiguousarray(numbers)).to(device)
    return tensor.view(DTYPES[weight.dtype]).reshape(weight.shape)


def _is_dead() -> bool:
    """Whether the GPU answers this process no more, whatever it is asked from now on."""
    import torch

    if not torch.cuda.is_initialized():
        return False
    try:
        torch.cuda.synchronize()
    except Exception:
        return True
    return False


def _said(problem: Exception) -> str:
    first, _, _ = str(problem).strip().partition("\n")
    return f"{type(problem).__name__}: {first}"


def _seconds(work: Callable[[], Any]) -> float:
    """The median time of some work on the GPU."""
    import torch

    times: list[float] = []
    for _ in range(WARM_UP + SAMPLES):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        work()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1e3)
    return median(times[WARM_UP:])
