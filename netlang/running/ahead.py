"""Reading ahead: what takes its time to read comes from threads, in order, while others compute."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from netlang.diagnostic import NetError

T = TypeVar("T")

READERS = min(max(4, os.cpu_count() or 1), 16)
"""Pillow decodes without Python's lock, so that threads are enough. Few cores wait for disks, and
many for that lock."""

Failed = Callable[[str, NetError], None]
"""Is told of an item that cannot be read, by its name."""


@dataclass(frozen=True)
class Item(Generic[T]):
    """What a person calls something, and how it is read."""

    name: str
    read: Callable[[], T]


def read_ahead(
    items: Iterable[Item[T]], failed: Failed, most: int = 2 * READERS
) -> Iterator[tuple[str, T]]:
    """The items in order, with the next `most` being read: memory holds no more of them.

    Those that cannot be read are left out, and told to `failed`.
    """
    readers = ThreadPoolExecutor(READERS)
    coming = deque[tuple[str, "Future[T]"]]()

    def first() -> Iterator[tuple[str, T]]:
        name, reading = coming.popleft()
        try:
            yield name, reading.result()
        except NetError as fault:
            failed(name, fault)

    try:
        for item in items:
            coming.append((item.name, readers.submit(item.read)))
            if len(coming) > most:
                yield from first()
        while coming:
            yield from first()
    finally:
        readers.shutdown(cancel_futures=True)
