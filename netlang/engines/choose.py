"""Which engine runs a network."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from itertools import chain
from typing import Any, Protocol

from netlang.device import require_batch
from netlang.diagnostic import error, near_or_all
from netlang.engines.cache import user_engines
from netlang.engines.cpu import require_threads
from netlang.engines.job import Engine, Job
from netlang.engines.numbers import Given, Numbers
from netlang.ground.arrays import Checkpoint
from netlang.ir.graph import Graph

ENGINES = ("triton", "openvino", "torch", "reference")
"""By name, the fastest first."""


class Kind(Protocol):
    """A module of this folder that is an engine."""

    PRECISIONS: tuple[str, ...]
    """What it computes in: the first of them, unless told otherwise."""

    def missing(self) -> str:
        """Why it is not there, or an empty text."""
        ...

    def open(self, job: Job) -> Engine:
        """What the job asks for, ready to run."""
        ...


def available() -> dict[str, str]:
    """Why each engine is not there; an empty text for one that is."""
    return {name: _module(name).missing() for name in ENGINES}


def fitting(precision: str | None) -> list[str]:
    """The engines that are there and compute so, the fastest first; `NetError` where none does."""
    precisions = {name: _module(name).PRECISIONS for name in ENGINES}
    reasons = {n: why for n, why in available().items() if precision in (None, *precisions[n])}
    found = [name for name, why in reasons.items() if not why]
    if found:
        return found
    known = dict.fromkeys(chain.from_iterable(precisions.values()))
    hints = [f"'{name}' does, but is not there: {why}" for name, why in reasons.items()]
    help = hints[0] if hints else near_or_all(str(precision), known)
    raise error(f"no engine that is there computes in {precision}", help=help)


def open_engine(
    graph: Graph,
    weights: Numbers | Checkpoint,
    engine: str | None = None,
    precision: str | None = None,
    threads: int | None = None,
    batch: int | None = None,
    cache: bool = True,
) -> Engine:
    """A network made ready by an engine, or by the fastest that is there.

    `weights` belong to the network as it is written. `precision` is one of the engine's, or None
    for its first: float32, and float64 of the reference. `threads` is how many cores a call may
    use. It takes any number of images, and is fastest at `batch`. What compiling made is found
    again in the user's cache, unless weights are given as arrays or `cache` is off. `NetError`
    where the engine or the machine cannot do what is asked.
    """
    require_threads(threads)
    if batch is not None:
        require_batch(batch)
    name = require_engine(engine, precision) if engine else fitting(precision)[0]
    module = _module(name)
    numbers = Given(weights) if isinstance(weights, Mapping) else weights
    kept = user_engines() if cache else None
    used = precision or module.PRECISIONS[0]
    return module.open(Job(graph, numbers, used, threads, batch, kept))


def require_engine(name: str, precision: str | None = None) -> str:
    """The name of an engine; `NetError` where there is none, or none that computes so here."""
    if name not in ENGINES:
        raise error(f"there is no engine '{name}'", help=near_or_all(name, ENGINES))
    reason = _module(name).missing()
    if reason:
        others = ", ".join(fitting(None))
        raise error(f"the engine '{name}' is not there: {reason}", help=f"there are: {others}")
    precisions = _module(name).PRECISIONS
    if precision and precision not in precisions:
        raise error(
            f"the engine '{name}' does not compute in {precision}",
            help=f"it computes in {', '.join(precisions)}",
        )
    return name


def _module(name: str) -> Kind:
    module: Any = import_module(f"netlang.engines.{name}")
    return module
