"""What the samples of a row say: medians and their spread, ratios, shares of the floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from benchmarks.gpu.contenders import NETLANG

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Spread:
    """The quartiles of samples; the second is the median."""

    first: float
    median: float
    third: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """The spread of one sample or more."""
        if len(samples) < 2:
            return cls(samples[0], samples[0], samples[0])
        first, _, third = quantiles(samples, n=4, method="inclusive")
        return cls(first, median(samples), third)

    @property
    def relative(self) -> float:
        """Half of what lies between the quartiles, as a part of the median."""
        return (self.third - self.first) / 2 / self.median


def timed(row: Row) -> dict[str, Spread]:
    """Seconds of a batch, or of a layer, by contender; those without times are not in it."""
    answers = row["contenders"].items()
    return {name: Spread.of(answer["samples"]) for name, answer in answers if "samples" in answer}


def ratio(row: Row) -> float | None:
    """How many times as fast as its best peer netlang is, where there are times of both."""
    seconds = {name: spread.median for name, spread in timed(row).items()}
    ours = seconds.pop(NETLANG, None)
    return min(seconds.values()) / ours if ours and seconds else None


def share(floor: float | None, row: Row) -> float | None:
    """The floor as a part of netlang's time."""
    ours = timed(row).get(NETLANG)
    return floor / ours.median if floor is not None and ours else None
