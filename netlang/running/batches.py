"""Inputs a few at a time: read ahead in threads, while the network runs."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from netlang.diagnostic import NetError, error
from netlang.running.inputs import Item

if TYPE_CHECKING:
    from netlang.images import Array

READERS = min(max(4, os.cpu_count() or 1), 16)
"""Pillow decodes without Python's lock, so that threads are enough. Few cores wait for disks, and
many for that lock."""

Sink = Callable[[list[str], Any, Any], None]
"""Takes the names of a batch, its numbers, and what the network made of them.

There are no numbers (None) where that is the mean of several views.
"""


def run_batches(
    engine: Callable[[Array], Any],
    items: Iterable[Item],
    size: int,
    sinks: Sequence[Sink],
    failed: Callable[[str, NetError], None],
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
    items: Iterable[Item], size: int, failed: Callable[[str, NetError], None], ahead: int
) -> Iterator[tuple[list[str], Array]]:
    """The names and numbers (N x C x H x W) of `size` views at a time, or fewer.

    Those of a batch have one height and width: where another begins, a batch ends.
    """
    import numpy as np

    for _, alike in groupby(_views(items, failed, ahead), lambda view: view[1].shape):
        while batch := list(islice(alike, size)):
            names, rows = zip(*batch, strict=True)
            yield list(names), np.stack(rows)


def _views(
    items: Iterable[Item], failed: Callable[[str, NetError], None], ahead: int
) -> Iterator[tuple[str, Array]]:
    """The views of all inputs that can be read, with the inputs' names."""
    for name, reading in read_ahead(items, ahead):
        try:
            views = reading.result()
        except NetError as fault:
            failed(name, fault)
            continue
        for view in views:
            yield name, view


def read_ahead(items: Iterable[Item], most: int) -> Iterator[tuple[str, Future[Sequence[Array]]]]:
    """The inputs in order, with the next `most` being read: memory holds no more of them."""
    readers = ThreadPoolExecutor(READERS)
    coming = deque[tuple[str, "Future[Sequence[Array]]"]]()
    try:
        for item in items:
            coming.append((item.name, readers.submit(item.read)))
            if len(coming) > most:
                yield coming.popleft()
        while coming:
            yield coming.popleft()
    finally:
        readers.shutdown(cancel_futures=True)
