"""What the samples of a row say: medians and their spread, ratios, shares of the floor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.gpu.contenders import NETLANG
from netlang.bench.rounds import Spread

Row = Mapping[str, Any]


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
