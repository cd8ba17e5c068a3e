"""Who is how fast: all take turns under one clock, after their numbers have been compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from statistics import median
from time import perf_counter, sleep
from typing import Any, TypeVar

from netlang.bench.case import Case
from netlang.bench.contenders import Call, Contender
from netlang.bench.rounds import Spread, turns
from netlang.ground.accuracy import relative_error

T = TypeVar("T")


@dataclass(frozen=True)
class Start:
    """A start in a process of its own, libraries and all: seconds to a result, most bytes held."""

    seconds: float
    peak: int


@dataclass(frozen=True)
class Answer:
    """What came of a contender.

    `ready` is seconds until its first result was there, a start each; `seconds` are those of calls,
    one a round; `difference` is how far its result is from float64's, over the largest; `first` is
    its start alone.
    """

    ready: list[float] = field(default_factory=list[float])
    seconds: list[float] = field(default_factory=list[float])
    difference: float = 0.0
    first: Start | None = None

    @property
    def median(self) -> float:
        """Seconds of a call."""
        return median(self.seconds)

    @property
    def spread(self) -> Spread:
        """That of the seconds of a call."""
        return Spread.of(self.seconds)

    def ratio(self, other: Answer) -> float:
        """Times the other's time: the median of the rounds, so that a busy one counts for both."""
        pairs = zip(self.seconds, other.seconds, strict=True)
        return median(own / its for own, its in pairs)

    def as_json(self) -> dict[str, Any]:
        """All that was measured."""
        return asdict(self)

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> Answer:
        """What `as_json` gave."""
        known: dict[str, Any] = {
            **answer,
            "first": answer["first"] and Start(**answer["first"]),
        }
        return cls(**known)


SETTLE = 0.1
"""Seconds ahead of what is timed. Threads of the one before, which spin for a while, fall asleep,
and those of the next one move to cores of their own, which a system may take a few calls for."""


def race(
    case: Case, contenders: Mapping[str, Contender], rounds: int, starts: int = Contender.starts
) -> dict[str, Answer]:
    """The answer of each contender; a round is a call of each, in an order by chance.

    Ahead of a call that is timed are some that are not: what another left in caches and on the
    cores does not count.
    """
    for each in contenders.values():
        each.prepare(case)
    answers = {name: Answer() for name in contenders}
    calls: dict[str, Call] = {}
    for number in range(1 + starts):
        for name, each in contenders.items():
            if number > each.starts:
                continue
            calls.pop(name, None)  # to give memory back takes its time as well
            sleep(SETTLE)
            seconds, calls[name] = _timed(partial(_started, each, case))
            # The first start loads libraries, once for all of those who use them.
            if number:
                answers[name].ready.append(seconds)
    for name in turns(calls, rounds):
        answers[name].seconds.append(_settled(calls[name]))
    return {name: _checked(answer, case, calls[name]()) for name, answer in answers.items()}


def _started(each: Contender, case: Case) -> Call:
    call = each.ready(case)
    call()
    return call


def _settled(call: Call) -> float:
    """The seconds of a call that comes after others of the same."""
    end = perf_counter() + SETTLE
    while perf_counter() < end:
        call()
    return _timed(call)[0]


def _timed(function: Callable[[], T]) -> tuple[float, T]:
    """The seconds of a function, and its result."""
    start = perf_counter()
    result = function()
    return perf_counter() - start, result


def _checked(answer: Answer, case: Case, result: Any) -> Answer:
    """The answer with how far its result is off."""
    return replace(answer, difference=relative_error(result, case.expected))
