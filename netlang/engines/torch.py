"""torch on the CPU: always there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netlang.engines.cpu import require_precision
from netlang.engines.job import Engine, Job, of_threads
from netlang.engines.process import keep_memory, wait_briefly

if TYPE_CHECKING:
    from netlang.backends.torch import Engine as Runner

PRECISIONS = ("float32", "bfloat16")


def missing() -> str:
    """Nothing: netlang needs torch."""
    return ""


def open(job: Job) -> Engine:
    """The network with its products packed, where this torch can do that."""
    require_precision(job.precision)
    wait_briefly()
    from netlang.backends.torch import Engine as Runner

    weights, batch = job.weights.load(), job.batch or 1
    runner = Runner(job.graph, weights, job.threads, job.precision, batch)
    keep_memory()  # not before: what packing the weights took goes back
    return Engine("torch", job.precision, _description(job.precision, runner), runner, runner)


def _description(precision: str, runner: Runner) -> str:
    import torch

    how = "products packed" if runner.is_packed else "products not packed: this torch cannot"
    return f"torch {torch.__version__} on the CPU, {precision}, {of_threads(runner.threads)}, {how}"
