"""OpenVINO on the CPU, where it is installed: `pip install 'netlang[cpu]'`."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from netlang.engines.cpu import require_precision
from netlang.engines.job import Engine, Job, of_threads

if TYPE_CHECKING:
    from netlang.backends.openvino import Compiled

PRECISIONS = ("float32", "bfloat16")


def missing() -> str:
    """Why it is not there."""
    return "" if find_spec("openvino") else "it is not installed: pip install 'netlang[cpu]'"


def open(job: Job) -> Engine:
    """The network, compiled for this CPU or read from the cache.

    A model of one batch size is a little faster than one for any.
    """
    require_precision(job.precision)
    from netlang.backends.openvino import VERSION

    key = job.key("openvino", VERSION, job.threads, job.batch)
    if job.cache is None or key is None:
        compiled = _compiled(job)
    else:
        compiled = job.cache.through(
            key, lambda: _compiled(job), lambda made: made.blob, lambda blob: _read(job, blob)
        )
    return Engine("openvino", compiled.precision, _description(compiled), compiled)


def _compiled(job: Job) -> Compiled:
    from netlang.backends.openvino import Compiled, to_model
    from netlang.passes import SIMPLIFY, optimize

    model = to_model(optimize(job.graph, SIMPLIFY).graph, job.weights.load(), job.batch)
    return Compiled.compile(model, job.precision, job.threads)


def _read(job: Job, blob: Any) -> Compiled:
    from netlang.backends.openvino import Compiled

    return Compiled.read(blob, job.precision, job.threads)


def _description(compiled: Compiled) -> str:
    from netlang.backends.openvino import VERSION

    threads = of_threads(compiled.threads)
    return f"OpenVINO {VERSION} on the CPU, {compiled.precision}, {threads}"
