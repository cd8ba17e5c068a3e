"""The batches of an epoch: images read ahead in threads, alike however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from netlang.ground.arrays import Array
from netlang.images import Preparation
from netlang.running.ahead import Failed, Item, read_ahead
from netlang.training.augment import Augmentation
from netlang.training.data import Dataset

Batch = tuple[Any, list[int]]
"""Images N x C x H x W, and the class of each."""


@dataclass(frozen=True)
class Samples:
    """A training set as the network sees it, differently in each epoch.

    The numbers of an image depend on the seed, the epoch and its place in the set alone.
    """

    data: Dataset
    augmentation: Augmentation
    size: int
    seed: int

    @property
    def an_epoch(self) -> int:
        """How many batches: whole ones alone, unless there is but a smaller one.

        What is left over has its turn in another epoch; batch norms cannot do with an image.
        """
        return max(1, len(self.data) // self.size)

    def epoch(self, number: int, failed: Failed) -> Iterator[Batch]:
        """The batches of an epoch, in a random order."""
        from numpy.random import default_rng

        # What is drawn for an image has a key of its own: order is 0, image n is n + 1.
        order = default_rng([self.seed, number, 0]).permutation(len(self.data)).tolist()
        batches = _batches(self.data, order, self._reader(number), self.size, failed)
        yield from (
            batch
            for place, batch in enumerate(islice(batches, self.an_epoch))
            if place == 0 or len(batch[1]) == self.size
        )

    def _reader(self, epoch: int) -> Callable[[int], Array]:
        def read(index: int) -> Array:
            from numpy.random import default_rng

            rng = default_rng([self.seed, epoch, index + 1])
            return self.augmentation(self.data.open(index), rng)

        return read


def validation(
    data: Dataset, preparation: Preparation, size: int, failed: Failed
) -> Iterator[Batch]:
    """A validation set as `netlang run` prepares it."""

    def read(index: int) -> Array:
        return preparation.prepared(data.open(index))

    return _batches(data, range(len(data)), read, size, failed)


def _batches(
    data: Dataset,
    order: Sequence[int],
    read: Callable[[int], Array],
    size: int,
    failed: Failed,
) -> Iterator[Batch]:
    """`size` images at a time; those that cannot be read leave their place to the next."""
    import numpy as np

    def labelled(index: int) -> tuple[Array, int]:
        return read(index), data.labels[index]

    items = (Item(data.name(index), partial(labelled, index)) for index in order)
    rows = (row for _, row in read_ahead(items, failed, 2 * size))
    while batch := list(islice(rows, size)):
        images, labels = zip(*batch, strict=True)
        yield np.stack(images), list(labels)
