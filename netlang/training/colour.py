"""The colours of a training set: along which lines they spread (Krizhevsky et al. 2012, 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlang.ground.arrays import Array
from netlang.training.data import Dataset
from netlang.training.survey import survey

if TYPE_CHECKING:
    from numpy.random import Generator
    from PIL.Image import Image


MOST = 10_000
"""Images that are looked at."""


@dataclass(frozen=True)
class Lighting:
    """The principal components of pixels from 0 to 1: a column a line, the variance along each."""

    components: Array
    variances: Array

    def shift(self, rng: Generator, std: float) -> Array:
        """What is added to every pixel of an image, a number a channel.

        Along each line it is the variance times a Gaussian of deviation `std`.
        """
        return self.components @ (self.variances * rng.normal(0, std, len(self.variances)))


def lighting(data: Dataset) -> Lighting:
    """That of a training set, whatever of it can be read.

    Images weigh alike, whatever their sizes: the paper's have one size.
    """
    import numpy as np

    count, total, squares = 0, np.zeros(1), np.zeros(1)
    for mean, products in survey(data, _moments, MOST):
        count, total, squares = count + 1, total + mean, squares + products
    mean = total / max(count, 1)
    covariance = squares / max(count, 1) - np.outer(mean, mean)
    variances, components = np.linalg.eigh(np.atleast_2d(covariance))
    return Lighting(components, variances.clip(0))


def _moments(image: Image) -> tuple[Array, Array]:
    """The mean of an image's pixels and of their products, channel by channel."""
    import numpy as np

    pixels = np.asarray(image, "float64").reshape(image.width * image.height, -1) / 255
    return pixels.mean(0), pixels.T @ pixels / len(pixels)
