"""Made-up weights: where training starts, or numbers that look as if it had ended."""

from __future__ import annotations

from math import erf, exp, pi, prod, sqrt
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

from netlang.ground.arrays import Array
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Weight
from netlang.weights.checkpoint import tensors

if TYPE_CHECKING:
    from numpy.random import Generator


def random_weights(graph: Graph, seed: int = 0, trained: bool = True) -> dict[str, Array]:
    """Float32 weights for a network, those of products after He et al. 2015b with the fan-in.

    With `trained`, biases, scales and running statistics are off their initial values the way
    training leaves them, so that a mistake in folding them shows; running variances are about
    those of the signal, so that it neither dies nor explodes in a thousand layers. Without it,
    all are as training starts: scales and variances one, biases and means zero.

    A tensor's numbers depend on the seed and its name alone: other layers do not change them.
    """
    import numpy as np

    owned = tensors(graph)
    variances = _variances(graph) if trained else {}
    weights: dict[str, Array] = {}
    for name, weight in owned.items():
        rng = np.random.default_rng([seed, crc32(name.encode())])
        if weight.init == "he":
            weights[name] = _normal(rng, weight, he_deviation(weight.shape))
        elif trained:
            node = name.rpartition(".")[0]
            weights[name] = _moved(rng, weight, 1.0 if weight.trainable else variances[node])
        else:
            weights[name] = np.full(weight.shape, float(weight.init == "ones"), "float32")
    return weights


def he_deviation(shape: tuple[int, ...]) -> float:
    """Of the weights of a product of such a shape (He et al. 2015b, equation 10)."""
    return (2 / prod(shape[1:])) ** 0.5


def _normal(rng: Generator, weight: Weight, deviation: float) -> Array:
    numbers = rng.standard_normal(weight.shape, dtype="float32")
    numbers *= deviation
    return numbers


def _moved(rng: Generator, weight: Weight, variance: float) -> Array:
    """Ones moved by up to a quarter, zeros by about a tenth, on the scale of the signal."""
    if weight.init == "zeros":
        return _normal(rng, weight, 0.1 * variance**0.5)
    spread = 0.75 + rng.random(weight.shape, dtype="float32") / 2
    return (variance * spread).astype("float32")


class Signal(NamedTuple):
    """Mean and variance of a value, over images, channels and pixels, if it were normal."""

    mean: float
    variance: float

    @property
    def square(self) -> float:
        """The mean square."""
        return self.mean**2 + self.variance

    def rectified(self) -> Signal:
        """Of max(0, x)."""
        deviation = self.variance**0.5
        point = self.mean / deviation
        density = deviation * exp(-(point**2) / 2) / sqrt(2 * pi)
        above = (1 + erf(point / sqrt(2))) / 2
        mean = self.mean * above + density
        return Signal(mean, self.square * above + self.mean * density - mean**2)


def _variances(graph: Graph) -> dict[str, float]:
    """About the variance of what each node reads, where the network is given noise.

    The estimate is coarse: all that it has to follow is the growth along residual sums.
    """
    reads: dict[str, float] = {}
    gives: dict[str, Signal] = {}
    for node in graph:
        given = [gives[name] for name in node.inputs] or [Signal(0, 1)]
        # A sum has the type of what it adds; channels that are joined are more than each part's.
        parts = 1 if node.type in graph.types(node) else len(given)
        read = Signal(*(sum(column) / parts for column in zip(*given, strict=True)))
        reads[node.name], gives[node.name] = read.variance, _given(graph, node, read)
    return reads


def _given(graph: Graph, node: Node, read: Signal) -> Signal:
    weights = graph.weights(node).values()
    if not all(weight.trainable for weight in weights):
        return Signal(0, 1)
    if any(weight.init == "he" for weight in weights):
        return Signal(0, 2 * read.square)
    bends = node.op.pointwise and len(node.inputs) == 1 and not node.op.is_affine(graph.types(node))
    return read.rectified() if bends else read
