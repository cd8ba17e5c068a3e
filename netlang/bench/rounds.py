"""Rounds of samples: who is next, and what the samples say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import quantiles


def turns(names: Iterable[str], rounds: int) -> Iterator[str]:
    """Who is next: everybody once a round, in orders by chance that are the same every time.

    So a machine that is slow for a while is slow for all, and nobody always follows the same one.
    """
    order, chance = list(names), Random(0)
    for _ in range(rounds):
        chance.shuffle(order)
        yield from order


@dataclass(frozen=True)
class Spread:
    """The quartiles of samples; the second is the median."""

    first: float
    median: float
    third: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """The spread of one sample or more, taken as some of many that there could have been."""
        return cls(*(quantiles(samples, n=4) if len(samples) > 1 else 3 * [*samples]))

    @property
    def relative(self) -> float:
        """Half of what lies between the quartiles, as a part of the median."""
        return (self.third - self.first) / 2 / self.median
