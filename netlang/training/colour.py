"""The colours of a training set: along which lines they spread (Krizhevsky et al. 2012, 4.1)."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netlang.diagnostic import NetError
from netlang.running.batches import READERS, read_ahead
from netlang.running.inputs import Item
from netlang.training.data import Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

MOST = 10_000
"""Images that are looked at, evenly spread over a larger set."""


@dataclass(frozen=True)
class Lighting:
    """The principal components of pixels from 0 to 1: a column a line, the variance along each."""

    components: Numbers
    variances: Numbers

    def shift(self, rng: Generator, std: float) -> Numbers:
        """What is added to every pixel of an image, a number a channel.

        Along each line it is the variance times a Gaussian of deviation `std`.
        """
        return self.components @ (self.variances * rng.normal(0, std, len(self.variances)))


def lighting(data: Dataset) -> Lighting:
    """That of a training set, whatever of it can be read."""
    import numpy as np

    count, total, squares = 0, np.zeros(1), np.zeros(1)
    chosen = range(0, len(data), -(-len(data) // MOST))
    items = (Item(data.name(index), lambda index=index: _moments(data, index)) for index in chosen)
    for _, reading in read_ahead(items, 2 * READERS):
        if moments := _of(reading):
            pixels, sums, products = moments
            count, total, squares = count + pixels, total + sums, squares + products
    mean = total / max(count, 1)
    covariance = squares / max(count, 1) - np.outer(mean, mean)
    variances, components = np.linalg.eigh(np.atleast_2d(covariance))
    return Lighting(components, variances.clip(0))


def _moments(data: Dataset, index: int) -> Any:
    """How many pixels an image has, their sum and that of their products, channel by channel."""
    import numpy as np

    image = data.open(index)
    pixels = np.asarray(image, "float64").reshape(image.width * image.height, -1) / 255
    return len(pixels), pixels.sum(0), pixels.T @ pixels


def _of(reading: Future[Any]) -> Any:
    try:
        return reading.result()
    except NetError:  # training names it when it comes to it
        return None
