"""Who is how fast: numbers are checked first, then all take turns under one clock."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import Any

from benchmarks.gpu.case import Array, Case
from benchmarks.gpu.contender import Contender, FailedError, Timed
from netlang.bench.rounds import turns
from netlang.compiler.checks import OF_ENGINES
from netlang.ground.accuracy import relative_error

SAMPLE = 0.1
"""Seconds that a sample takes at least: the device's clock and its own are far finer."""

CALLS = 200
"""How many calls are timed one by one, where one image at a time is asked for."""

Answer = dict[str, Any]
"""`samples`, seconds of a call each, and what else was measured; or `wrong`, or `failed`."""


class WrongError(Exception):
    """Logits that are too far from those expected; the arguments are how far, and what is not."""


def race(
    contenders: Mapping[str, Contender], case: Case, expected: Array, rounds: int
) -> dict[str, Answer]:
    """The answer of each contender; who fails or is wrong has no times.

    `expected` are the logits, N x classes.
    """
    answers: dict[str, Answer] = {}
    for name, contender in contenders.items():
        with telling(answers, name):
            ready = contender.prepare(case)
            off = _check(contender, case, expected)
            answers[name] = {"ready": ready, "difference": off, "memory": contender.memory()}
    able = {name: each for name, each in contenders.items() if "ready" in answers[name]}
    for name, outcome in samples(able, rounds).items():
        answers[name] = answers[name] | outcome if "samples" in outcome else outcome
        if "samples" in outcome:
            with telling(answers, name):
                # What hurries may be wrong now and then: the last result has to be right as well.
                _check(able[name], case, expected)
                if case.batch == 1:
                    answers[name]["calls"] = able[name].calls(CALLS)
    return answers


def samples(
    contenders: Mapping[str, Timed], rounds: int, least: float = SAMPLE
) -> dict[str, Answer]:
    """Seconds of one repetition, a sample a round, each of `least` seconds or more.

    Contenders take turns (`netlang.bench.rounds`); who breaks down has no times.
    """
    answers: dict[str, Answer] = {}
    counts: dict[str, int] = {}
    for name, contender in contenders.items():
        with telling(answers, name):
            counts[name] = _repetitions(contender, least)
            answers[name] = {"samples": []}
    for name in turns(counts, rounds):
        if "samples" in answers[name]:
            with telling(answers, name):
                seconds = contenders[name].seconds(counts[name])
                answers[name]["samples"].append(seconds / counts[name])
    return answers


@contextmanager
def telling(answers: dict[str, Answer], name: str) -> Generator[None]:
    """What goes wrong in here becomes the answer of a contender."""
    try:
        yield
    except FailedError as fault:
        answers[name] = {"failed": str(fault)}
    except WrongError as fault:
        off, tolerance = fault.args
        # JSON has no numbers that are none.
        answers[name] = {"wrong": off if isfinite(off) else str(off), "tolerance": tolerance}


def _check(contender: Contender, case: Case, expected: Array) -> float:
    """How far the logits are off, as a part of the largest; `WrongError` where that is too far."""
    off, tolerance = relative_error(contender.output(), expected), OF_ENGINES[case.dtype]
    if not off < tolerance:
        raise WrongError(off, tolerance)
    return off


def _repetitions(contender: Timed, least: float) -> int:
    """So many that a sample is long enough; finding them out warms the device up."""
    count = 1
    while (seconds := contender.seconds(count)) < least:
        # A little more than needed, and no more than ten times what has been seen.
        count = min(10 * count, int(1.2 * count * least / max(seconds, 1e-9)) + 1)
    return count
