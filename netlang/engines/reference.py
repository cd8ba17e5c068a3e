"""What every other engine is held to: each operator's meaning, in float64, as it is written."""

from __future__ import annotations

from typing import Any

from netlang.engines.job import Engine, Job
from netlang.engines.process import wait_briefly

PRECISIONS = ("float64",)


def missing() -> str:
    """Nothing: netlang needs torch."""
    return ""


def open(job: Job) -> Engine:
    """The network as it is written."""
    wait_briefly()
    import torch

    from netlang.backends.torch import reference

    weights = job.weights.load()

    def run(*images: Any) -> Any:
        return reference(job.graph, weights, *images).numpy()

    description = f"the reference in torch {torch.__version__} on the CPU, float64"
    return Engine("reference", "float64", description, run)
