"""What is raced: a network at a batch size, with the same weights and images for everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netlang.compiler import Compilation, compile
from netlang.compiler.checks import to_logits
from netlang.device import DEVICES, Target
from netlang.ir.graph import Graph
from netlang.kernels.precision import Precision
from netlang.lower import load
from netlang.passes import Pass, optimize
from netlang.passes.simplify.drop_heads import drop_heads
from netlang.passes.simplify.drop_identity import drop_identity
from netlang.passes.simplify.eliminate_dead import eliminate_dead
from netlang.passes.simplify.fold_affine import fold_affine
from netlang.passes.simplify.fold_bn import fold_bn
from netlang.plan import Call
from netlang.weights import random_weights

Array = NDArray[Any]

NETWORKS = ("alexnet", "googlenet", "resnet18", "resnet50", "resnet152", "vgg16")
BATCHES = (1, 32, 256)

FOR_INFERENCE: tuple[Pass, ...] = (
    drop_heads,
    eliminate_dead,
    drop_identity,
    fold_bn,
    fold_affine,
)
"""What the peers get: no batch norms, which not each of them would fold by itself."""

IMAGES = 4
"""So many images of a batch differ: the oracle computes these in float64, and the rest repeat."""


@dataclass(frozen=True)
class Case:
    """A network, as an argument of `netlang.load`, up to its logits.

    `device` is the one that netlang compiles for, by its name in `netlang.device.DEVICES`.
    """

    network: str
    batch: int
    dtype: Precision = "float16"
    device: str = "h100"

    def __str__(self) -> str:
        return f"{self.network}, batch {self.batch}, {self.dtype}"

    @property
    def target(self) -> Target:
        """What netlang makes it fast for."""
        return Target(DEVICES[self.device], self.dtype, self.batch)

    @property
    def graph(self) -> Graph:
        """The network as it is written."""
        return to_logits(load(self.network))

    @property
    def folded(self) -> Graph:
        """The network that the peers run."""
        return optimize(self.graph, FOR_INFERENCE).graph

    def weights(self) -> Mapping[str, Array]:
        """The checkpoint of `graph`."""
        return random_weights(self.graph)

    def inputs(self) -> list[Array]:
        """Images of float32, N x C x H x W, for each input of the network."""
        return [_repeated(images, self.batch) for images in _images(self.graph)]

    def expected(self) -> Array:
        """The logits, N x classes, from float64 throughout."""
        return _repeated(_expected(self.network), self.batch)


@dataclass(frozen=True)
class Layer:
    """A kernel that netlang makes for a case, by the name of its function."""

    case: Case
    function: str


@lru_cache(maxsize=1)
def compiled(case: Case) -> Compilation:
    """The case as netlang compiles it."""
    return compile(case.graph, precision=case.dtype, batch=case.batch, device=case.device)


def products(compilation: Compilation) -> dict[str, Call]:
    """The first launch of each kernel that multiplies, by the name of its function."""
    graph, first = compilation.optimized.graph, dict[str, Call]()
    for call in compilation.plan.calls:
        if graph[call.layer].op.family in ("conv", "linear"):
            first.setdefault(call.function, call)
    return first


@lru_cache(maxsize=1)
def _expected(network: str) -> Array:
    from netlang.backends.torch import reference

    case = Case(network, IMAGES)
    return reference(case.graph, case.weights(), *_images(case.graph)).numpy()


def _images(graph: Graph) -> list[Array]:
    rng = np.random.default_rng(0)
    shapes = [(IMAGES, *node.type.shape) for node in graph.inputs]
    return [rng.standard_normal(shape, dtype="float32") for shape in shapes]


def _repeated(images: Array, batch: int) -> Array:
    return np.resize(images, (batch, *images.shape[1:]))
