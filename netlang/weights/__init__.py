"""The numbers of a network: made up, read from a file, written to one."""

from netlang.weights.checkpoint import evaluated, layer_of, tensors
from netlang.weights.file import read_mean_image, read_weights, write_weights
from netlang.weights.foreign import adopt_weights
from netlang.weights.random import random_weights

__all__ = [
    "adopt_weights",
    "evaluated",
    "layer_of",
    "random_weights",
    "read_mean_image",
    "read_weights",
    "tensors",
    "write_weights",
]
