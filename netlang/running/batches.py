"""Inputs a few at a time: read ahead in threads, while the network runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from netlang.diagnostic import NetError, error
from netlang.running.inputs import Item

if TYPE_CHECKING:
    from netlang.running.inputs import Array

READERS = 4
"""Pillow decodes without Python's lock, so that threads are enough."""

Sink = Callable[[list[str], "Array", Any], None]
"""Takes the names of a batch, its numbers, and what the network made of them."""


def run_batches(
    engine: Callable[[Array], Any],
    items: Iterable[Item],
    size: int,
    sinks: Sequence[Sink],
    failed: Callable[[str, NetError], None],
) -> None:
    """Runs a network on all inputs, `size` at a time, and gives each batch to the sinks.

    What cannot be read is told to `failed`, and the rest goes on. NetError where nothing is left.
    """
    batch = None
    for batch in _batches(items, size, failed):
        names, x = batch
        y = engine(x)
        for sink in sinks:
            sink(names, x, y)
    if batch is None:
        raise error("no input could be read")


def _batches(
    items: Iterable[Item], size: int, failed: Callable[[str, NetError], None]
) -> Iterator[tuple[list[str], Array]]:
    """The names and numbers (N x C x H x W) of `size` inputs at a time; the last may be fewer."""
    import numpy as np

    names, rows = list[str](), list["Array"]()
    for name, reading in _ahead(items, 2 * size):
        try:
            rows.append(reading.result())
        except NetError as fault:
            failed(name, fault)
            continue
        names.append(name)
        if len(rows) == size:
            yield names, np.stack(rows)
            names, rows = [], []
    if rows:
        yield names, np.stack(rows)


def _ahead(items: Iterable[Item], most: int) -> Iterator[tuple[str, Future[Array]]]:
    """The inputs in order, with the next `most` being read: memory holds no more of them."""
    readers = ThreadPoolExecutor(READERS)
    coming = deque[tuple[str, "Future[Array]"]]()
    try:
        for item in items:
            coming.append((item.name, readers.submit(item.read)))
            if len(coming) > most:
                yield coming.popleft()
        while coming:
            yield coming.popleft()
    finally:
        readers.shutdown(cancel_futures=True)
