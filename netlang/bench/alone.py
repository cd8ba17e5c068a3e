"""What happens in a process of its own: a start from nothing, and a whole race."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from time import perf_counter
from typing import TypeVar

from netlang.bench.case import Case
from netlang.bench.contenders import CONTENDERS
from netlang.bench.race import Answer, Start, race
from netlang.engines.process import wait_briefly

T = TypeVar("T")


def raced(case: Case, names: Sequence[str], rounds: int) -> dict[str, Answer]:
    """The answers of contenders: how each starts by itself, then a race of all.

    The files of the case are there once it returns.
    """
    wait_briefly()  # as netlang's engine does, so that all have it; processes inherit it
    answers = _in_process(_race, case, tuple(names), rounds)
    return {name: replace(a, first=_in_process(_start, case, name)) for name, a in answers.items()}


def _race(case: Case, names: Sequence[str], rounds: int) -> dict[str, Answer]:
    return race(case, {name: CONTENDERS[name] for name in names}, rounds)


def _start(case: Case, name: str) -> Start:
    start = perf_counter()
    CONTENDERS[name].ready(case)()
    seconds = perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    return Start(seconds, unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def _in_process(function: Callable[..., T], *arguments: object) -> T:
    """A function's result, of a new process: nothing is loaded there, and all memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()
