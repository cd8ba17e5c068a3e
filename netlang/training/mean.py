"""The mean image of a training set (Krizhevsky et al. 2012, section 2; He et al. 2015, 3.4)."""

from __future__ import annotations

from netlang.ground.arrays import Array
from netlang.images import Preparation
from netlang.training.data import Dataset
from netlang.training.survey import survey

MOST = 50_000
"""Images that are looked at: all of CIFAR-10's."""


def mean_image(data: Dataset, preparation: Preparation) -> Array | None:
    """The mean of images as a test sees them, C x H x W of the input, from 0 to its `range`.

    None where no image can be read.
    """
    import numpy as np

    count, total = 0, np.zeros(preparation.x.shape)
    for pixels in survey(data, preparation.seen, MOST):
        count, total = count + 1, total + pixels
    if not count:
        return None
    return (total / count * (preparation.range / 255)).astype("float32")
