"""Contenders that compute nothing, on a clock that nobody waits for."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.gpu.case import Array, Case, Layer
from benchmarks.gpu.contender import FailedError

EXPECTED: Array = np.array([[1.0, -4.0], [2.0, 3.0]])


@dataclass
class Clock:
    """Seconds since the beginning, and who has spent them."""

    now: float = 0.0
    log: list[str] = field(default_factory=list[str])

    def __call__(self) -> float:
        return self.now

    def spend(self, who: str, seconds: float) -> float:
        self.now += seconds
        self.log.append(who)
        return seconds


@dataclass
class Fake:
    """A contender that takes `step` seconds for a step, and is off by `errors`, one a look.

    It fails at the questions that `fails` names, from the time of the clock on that it gives.
    """

    name: str
    clock: Clock
    step: float = 0.004
    ready: float = 2.0
    errors: list[float] = field(default_factory=list[float])
    fails: Mapping[str, float] = field(default_factory=dict[str, float])
    closed: bool = False
    prepared: list[Any] = field(default_factory=list[Any])

    def prepare(self, case: Case | Layer) -> float:
        self._answer("prepare")
        self.prepared.append(case)
        return self.clock.spend(self.name, self.ready)

    def output(self) -> Array:
        self._answer("output")
        return EXPECTED + (self.errors.pop(0) if self.errors else 0.0)

    def memory(self) -> int:
        return 1000

    def seconds(self, repetitions: int) -> float:
        self._answer("seconds")
        return self.clock.spend(self.name, self.step * repetitions)

    def calls(self, repetitions: int) -> list[float]:
        return [2 * self.step] * repetitions

    def close(self) -> None:
        self.closed = True

    def _answer(self, question: str) -> None:
        if self.clock.now >= self.fails.get(question, float("inf")):
            raise FailedError(f"no {question}")


class Bystander:
    """In a process of its own: `prepare` does what it is given, `memory` says which process."""

    def prepare(self, action: Callable[[], float]) -> float:
        return action()

    def memory(self) -> int:
        return os.getpid()

    def seconds(self, repetitions: int) -> float:
        return float(repetitions)


def breaks() -> float:
    """Ends its process as a fault of a driver does."""
    os._exit(7)


def complains() -> float:
    raise ValueError("the first line\nand more")


def sleeps() -> float:
    time.sleep(60)
    return 60.0


def works() -> float:
    return 1.5
