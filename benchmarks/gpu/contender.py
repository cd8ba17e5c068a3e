"""What the race asks of whoever takes part."""

from __future__ import annotations

from typing import Protocol

from benchmarks.gpu.case import Array, Case


class FailedError(Exception):
    """A contender that did not start, broke down, or took too long; the message says which."""


class Timed(Protocol):
    """Something that can be done again and again."""

    def seconds(self, repetitions: int) -> float:
        """How long so many of them take, one behind the other, on the device."""
        ...


class Contender(Timed, Protocol):
    """A network on a device; `prepare` comes first."""

    def prepare(self, case: Case) -> float:
        """Makes a network ready: the seconds from weights in memory to the first result."""
        ...

    def output(self) -> Array:
        """The logits of the case's images, N x classes: of what is timed, run once more."""
        ...

    def memory(self) -> int:
        """The most bytes of the device that a call has in use, weights and images among them."""
        ...

    def calls(self, repetitions: int) -> list[float]:
        """How long each of so many takes from the host's launch of it until its result is there."""
        ...
