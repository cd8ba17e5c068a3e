"""Inputs a few at a time: they are read ahead while the network runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.running.ahead import Failed, read_ahead
from netlang.running.inputs import Input

Sink = Callable[[list[str], Any, Any], None]
"""Takes the names of a batch, its numbers, and what the network made of them.

There are no numbers (None) where that is the mean of several views.
"""


def run_batches(
    engine: Callable[[Array], Any],
    items: Iterable[Input],
    size: int,
    sinks: Sequence[Sink],
    failed: Failed,
    views: int = 1,
) -> None:
    """Runs a network on all inputs, `size` at a time, and gives each batch to the sinks.

    Where an input has several `views`, these are what counts as `size`, and the sinks are given
    the mean of what the network makes of them. What cannot be read is told to `failed`, and the
    rest goes on. NetError where nothing is left.
    """
    batch = None
    sinks = [averaged(sinks, views)] if views > 1 else sinks
    for batch in _batches(items, size, failed, max(1, 2 * size // views)):
        names, x = batch
        y = engine(x)
        for sink in sinks:
            sink(names, x, y)
    if batch is None:
        raise error("no input could be read")


def averaged(sinks: Sequence[Sink], views: int) -> Sink:
    """Gives sinks the mean of an input's results, which follow one another, `views` of each."""
    import numpy as np

    results = list[Any]()

    def take(names: list[str], _inputs: Any, outputs: Any) -> None:
        for name, output in zip(names, outputs, strict=True):
            results.append(output)
            if len(results) == views:
                mean = np.mean(results, axis=0, dtype="float64")
                for sink in sinks:
                    sink([name], None, mean[None])
                results.clear()

    return take


def _batches(
    items: Iterable[Input], size: int, failed: Failed, ahead: int
) -> Iterator[tuple[list[str], Array]]:
    """The names and numbers (N x C x H x W) of `size` views at a time, or fewer.

    Those of a batch have one height and width: where another begins, a batch ends.
    """
    import numpy as np

    read = read_ahead(items, failed, ahead)
    views = ((name, view) for name, those in read for view in those)
    for _, alike in groupby(views, lambda view: view[1].shape):
        while batch := list(islice(alike, size)):
            names, rows = zip(*batch, strict=True)
            yield list(names), np.stack(rows)
