"""A GPU as a clock: how long a plan takes, and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from netlang.arrays import Array, Checkpoint
from netlang.backends.triton.artifact import write_artifact
from netlang.device import DEVICES, Device, matching
from netlang.diagnostic import error
from netlang.plan import Plan

SAMPLES, WARM_UP = 15, 3
"""Passes that are timed, and those ahead of them that are not."""


@dataclass(frozen=True)
class Pass:
    """A pass of a plan: how long it takes, in seconds, and its result."""

    seconds: float
    result: Any


class RefusalError(Exception):
    """Why a plan does not run: Triton, the assembler or the device would not have it."""


Bench = Callable[[Plan, Checkpoint, Sequence[Any]], Pass]
"""Runs a plan with a checkpoint on inputs N x C x H x W, all of NumPy; raises `RefusalError`."""


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
    return run


def run(plan: Plan, checkpoint: Mapping[str, Array], inputs: Sequence[Array]) -> Pass:
    """A plan on this machine's GPU, as the loader of its artifact runs it: in a CUDA graph."""
    import torch
    from triton.errors import TritonError

    from netlang.runtime.model import Model

    with TemporaryDirectory() as folder:
        write_artifact(plan, checkpoint, folder)
        try:
            model = Model.load(folder)
            given = [torch.from_numpy(x).to(model.device) for x in inputs]
            result = model(*given).float().cpu().numpy()
            return Pass(_seconds(lambda: model(*given)), result)
        except (TritonError, torch.OutOfMemoryError) as problem:
            first, _, _ = str(problem).strip().partition("\n")
            raise RefusalError(f"{type(problem).__name__}: {first}") from problem


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
