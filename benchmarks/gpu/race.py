"""Who is how fast: numbers are checked first, then all take turns under one clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.gpu.case import Array, Case, difference
from benchmarks.gpu.contender import Contender, FailedError, Timed
from netlang.compiler.checks import OF_KERNELS, OF_MODULE

SAMPLE = 0.1
"""Seconds that a sample takes at least: the device's clock and its own are far finer."""

CALLS = 200
"""How many calls are timed one by one, where one image at a time is asked for."""

TOLERANCE = OF_KERNELS | {"float32": OF_MODULE}
"""Of the largest logit; the libraries of torch and JAX add in an order of their own choice."""

Answer = dict[str, Any]
"""`samples`, seconds of a call each, and what else was measured; or `wrong`, or `failed`."""


def race(
    contenders: Mapping[str, Contender], case: Case, expected: Array, rounds: int
) -> dict[str, Answer]:
    """The answer of each contender; who fails or is wrong has no times.

    `expected` are the logits, N x classes.
    """
    answers = {name: _ready(contender, case, expected) for name, contender in contenders.items()}
    able = {name: contenders[name] for name, answer in answers.items() if _is_able(answer)}
    for name, outcome in samples(able, rounds).items():
        answers[name] |= outcome
    for name, contender in able.items():
        if _is_able(answers[name]):
            answers[name] = _checked_again(contender, case, expected, answers[name])
    return answers


def samples(
    contenders: Mapping[str, Timed], rounds: int, least: float = SAMPLE
) -> dict[str, Answer]:
    """Seconds of one repetition, a sample a round, each of `least` seconds or more.

    Contenders take turns, so that a GPU that slows down for a while does so for all of them; who
    begins changes from round to round. Who breaks down has no times.
    """
    failed: dict[str, Answer] = {}

    def ask(name: str, question: Callable[[], Any]) -> Any:
        try:
            return question()
        except FailedError as fault:
            failed[name] = {"failed": str(fault)}

    counts = {
        name: ask(name, lambda each=contender: _repetitions(each, least))
        for name, contender in contenders.items()
    }
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in _rotated(list(contenders), number):
            if name not in failed:
                seconds = ask(name, lambda each=name: contenders[each].seconds(counts[each]))
                times[name].append((seconds or 0.0) / counts[name])
    return {name: failed.get(name) or {"samples": times[name]} for name in contenders}


def _ready(contender: Contender, case: Case, expected: Array) -> Answer:
    try:
        ready = contender.prepare(case)
        off = difference(contender.output(), expected)
        if not off < TOLERANCE[case.dtype]:
            return _wrong(off, case)
        return {"ready": ready, "difference": off, "memory": contender.memory()}
    except FailedError as fault:
        return {"failed": str(fault)}


def _checked_again(contender: Contender, case: Case, expected: Array, answer: Answer) -> Answer:
    """What hurries may be wrong now and then: the last result has to be right as well."""
    try:
        off = difference(contender.output(), expected)
        if not off < TOLERANCE[case.dtype]:
            return _wrong(off, case)
        return answer | ({"calls": contender.calls(CALLS)} if case.batch == 1 else {})
    except FailedError as fault:
        return {"failed": str(fault)}


def _wrong(off: float, case: Case) -> Answer:
    # JSON has no NaN.
    return {"wrong": off if off == off else "NaN", "tolerance": TOLERANCE[case.dtype]}


def _is_able(answer: Answer) -> bool:
    return "failed" not in answer and "wrong" not in answer


def _repetitions(contender: Timed, least: float) -> int:
    """So many that a sample is long enough; finding them out warms the device up."""
    count = 1
    while (seconds := contender.seconds(count)) < least:
        # A little more than needed, and no more than ten times what has been seen.
        count = min(10 * count, int(1.2 * count * least / max(seconds, 1e-9)) + 1)
    return count


def _rotated(names: list[str], by: int) -> list[str]:
    at = by % max(1, len(names))
    return names[at:] + names[:at]
