"""A look at a training set before training begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from netlang.running.ahead import Item, read_ahead
from netlang.training.data import Dataset

if TYPE_CHECKING:
    from PIL.Image import Image

T = TypeVar("T")


def survey(data: Dataset, look: Callable[[Image], T], most: int) -> Iterator[T]:
    """What `look` finds in images, `most` of a larger set, drawn by chance and alike every time.

    Those that cannot be read are left out: training names them in their turn.
    """
    from numpy.random import default_rng

    # Steps of one length would meet the same few classes again and again in a set that is in order.
    chosen: list[int] = sorted(default_rng(0).permutation(len(data))[:most].tolist())

    def seen(index: int) -> T:
        return look(data.open(index))

    items = (Item(data.name(index), partial(seen, index)) for index in chosen)
    yield from (found for _, found in read_ahead(items, lambda _name, _fault: None))
