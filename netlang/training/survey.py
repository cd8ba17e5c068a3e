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

T = TypeVar("T")


def survey(data: Dataset, look: Callable[[Image], T], most: int) -> Iterator[T]:
    """What `look` finds in images, `most` of them, evenly spread over a larger set.

    Those that cannot be read are left out: training names them in their turn.
    """
    chosen = range(0, len(data), -(-len(data) // most))

    def seen(index: int) -> Any:
        return look(data.open(index))

    items = (Item(data.name(index), partial(seen, index)) for index in chosen)
    for _, reading in read_ahead(items, 2 * READERS):
        try:
            found: Any = reading.result()
        except NetError:
            continue
        yield found
