"""A look at a training set before training begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from netlang.diagnostic import NetError
from netlang.running.batches import READERS, read_ahead
from netlang.running.inputs import Item
from netlang.training.data import Dataset

if TYPE_CHECKING:
    from PIL.Image import Image

MOST = 10_000
"""Images that are looked at, evenly spread over a larger set."""

T = TypeVar("T")


def survey(data: Dataset, look: Callable[[Image], T]) -> Iterator[T]:
    """What `look` finds in each image that can be read; training names the others in their turn."""
    chosen = range(0, len(data), -(-len(data) // MOST))

    def seen(index: int) -> Any:
        return look(data.open(index))

    items = (Item(data.name(index), partial(seen, index)) for index in chosen)
    for _, reading in read_ahead(items, 2 * READERS):
        try:
            found: Any = reading.result()
        except NetError:
            continue
        yield found
