"""netlang's own kernels, on a GPU."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netlang.device import Target, matching, nearest
from netlang.diagnostic import error
from netlang.engines.job import Engine, Job
from netlang.kernels.precision import PRECISIONS as ALL
from netlang.tune.store import cached, maker
from netlang.tune.tuning import Tuning

PRECISIONS = ALL  # float32 first

DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))
"""Where Linux, and Linux in Windows, have a GPU: torch takes seconds to tell that there is none."""

Run = Callable[..., Any]
"""A function of arrays."""


def missing() -> str:
    """Why it is not there."""
    if not find_spec("triton"):
        return "triton is not installed"
    if _is_interpreted():
        return ""
    if not (any(path.exists() for path in DRIVERS) and _has_cuda()):
        return "there is no CUDA GPU"
    return "" if _device() else f"{_gpu()} is older than compute capability 8.0"


def open(job: Job) -> Engine:
    """The network as an artifact, which the cache keeps, with its weights on the GPU.

    Its tiles are those that `netlang compile --tune` has measured here, or else the cost model's.
    """
    if job.threads:
        raise error(
            "the engine 'triton' runs on a GPU", help="leave out the threads, which are a CPU's"
        )
    target = Target.of(_device() or "", job.precision, job.batch or 1)
    tuning = cached(maker(target.device))
    measured = replace(tuning, refusals={}).text()
    key = job.key("triton", version("triton"), target, measured)
    make = partial(_made, job, target, tuning)
    if job.cache is None or key is None:
        run = make(None)
    else:
        run = job.cache.through_folder(key, make, _kept)
    return Engine("triton", job.precision, _description(job.precision), run)


def _kept(folder: Path) -> Run | None:
    """What the artifact in a folder computes; None where it is not there, or damaged."""
    from netlang.runtime.folder import ArtifactError
    from netlang.runtime.model import Model

    try:
        return _run(Model.load(folder))
    except (ArtifactError, OSError, SyntaxError, ValueError):
        return None


def _made(job: Job, target: Target, tuning: Tuning, folder: Path | None) -> Run:
    """What the network computes, compiled into a folder, or into one that goes with it (None)."""
    if folder:
        return _run(_compiled(job, target, tuning, folder))
    home = TemporaryDirectory()  # Triton reads the kernels' text at their first calls
    return _run(_compiled(job, target, tuning, Path(home.name)), home)


def _compiled(job: Job, target: Target, tuning: Tuning, folder: Path) -> Any:
    from netlang.compiler import compile
    from netlang.runtime.model import Model

    compile(job.graph, folder, weights=job.weights.load(), target=target, tuning=tuning)
    return Model.load(folder)


def _run(model: Any, home: object = None) -> Run:
    """The model as a function of arrays, as long as which there is its home."""
    import torch

    def run(*images: Any, _home: object = home) -> Any:
        given = (torch.as_tensor(x, dtype=torch.float32, device=model.device) for x in images)
        return model(*given).cpu().numpy()

    return run


def _description(precision: str) -> str:
    where = "Triton's interpreter" if _is_interpreted() else _gpu()
    return f"Triton {version('triton')} on {where}, {precision}"


def _device() -> str | None:
    """The device that kernels are chosen for: the GPU, or one whose kernels it runs, if any is."""
    import torch

    if _is_interpreted():
        return "h100"
    cuda: Any = torch.cuda  # whose types are partly unknown
    gpu = cuda.get_device_properties()
    capability, shared = 10 * gpu.major + gpu.minor, gpu.shared_memory_per_multiprocessor
    return matching(gpu.name) or nearest(capability, shared, gpu.multi_processor_count)


def _gpu() -> str:
    import torch

    return f"the {torch.cuda.get_device_name()}"


def _has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()


def _is_interpreted() -> bool:
    return os.environ.get("TRITON_INTERPRET") == "1"
