"""Does the compiled network compute what the network says?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from tempfile import TemporaryDirectory
from typing import Any

from netlang.backends.triton.artifact import write_artifact
from netlang.compiler import Compilation
from netlang.diagnostic import error
from netlang.ground.accuracy import relative_error
from netlang.ground.arrays import Array, Checkpoint
from netlang.ir.composite import Chain
from netlang.ir.graph import Graph
from netlang.ops.norm import Softmax
from netlang.plan import Plan, plan

OF_PASSES = 1e-12
"""Folding reorders a few float64 roundings of 1e-16 a layer; any mistake is off by 1e-6 or more."""

OF_MODULE = 1e-4
"""A thousand layers of float32, whose roundings are 6e-8, in an order of torch's own choice."""

OF_KERNELS = {"float32": 1e-5, "tf32": 5e-3, "float16": 5e-3, "bfloat16": 5e-2}
"""Weights and activations are rounded to 24, 11, 11 and 8 bits in each layer.

With 8 bits that is by 2^-9 at most, twice in each of L layers in a row, which adds up like noise to
sqrt(2 L) 2^-9, 2e-2 for plain-56; the largest of many differences is some times the usual one.
Measured on the zoo are 1.1e-2 at the output (VGG-19) and 4.1e-2 inside (plain-56).
"""

OF_ENGINES = OF_KERNELS | {"float32": OF_MODULE, "float64": OF_PASSES}
"""By precision, of engines of any maker, whose libraries add in an order of their own choice."""


@dataclass(frozen=True)
class Check:
    """A comparison: the largest difference over the largest output, and what is allowed."""

    what: str
    difference: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the difference is tolerable; a NaN is not."""
        return self.difference < self.tolerance


def checks(compilation: Compilation, weights: Checkpoint, seed: int = 0) -> Iterator[Check]:
    """Compares what was made of the network with the network as written, in float64.

    All get one random image of full size, and a softmax at the end is left out. The kernels take
    part where they can run: on a GPU, or with TRITON_INTERPRET=1.
    """
    from netlang.backends.torch import reference, to_module

    graph, optimized = map(to_logits, (compilation.graph, compilation.optimized.graph))
    images = random_images(graph, seed)
    expected = reference(graph, weights, *images)

    def check(what: str, got: Any, tolerance: float) -> Check:
        return Check(what, relative_error(got, expected), tolerance)

    yield check("optimized graph in float64", reference(optimized, weights, *images), OF_PASSES)
    module = to_module(graph, weights).eval()
    yield check("torch module in float32", _result(module, images), OF_MODULE)
    precision = compilation.plan.precision
    if _kernels_can_run(precision):
        planned = plan(optimized, compilation.plan.target, compilation.tuning)
        got = _kernels(planned, weights, images)
        yield check(f"Triton kernels in {precision}", got, OF_KERNELS[precision])


def random_images(graph: Graph, seed: int) -> list[Array]:
    """An image of noise for each input of a network, 1 x C x H x W in float64."""
    import numpy as np

    rng = np.random.default_rng(seed)
    return [rng.normal(size=(1, *node.type.shape)) for node in graph.inputs]


def to_logits(graph: Graph) -> Graph:
    """The network up to its softmax, which gives nearly 0 and 1 whatever went wrong before it."""
    output = graph[graph.output]
    while output.inputs and output.op.is_identity(graph.types(output)):
        output = graph[output.inputs[0]]
    match output.op:
        case Softmax():
            return replace(graph, output=output.inputs[0])
        case Chain(parts=(first, Softmax())):
            own, _ = output.op.own(dict(output.derived))
            logits = replace(output, op=first, derived=tuple(own.items()))
            return graph.with_nodes(tuple(logits if n is output else n for n in graph))
        case _:
            return graph


def _kernels_can_run(precision: str) -> bool:
    import torch

    is_interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    if is_interpreted and precision == "bfloat16":
        raise error(
            "Triton's interpreter multiplies bfloat16 wrongly",
            help="check another precision there, such as float16",
        )
    return is_interpreted or torch.cuda.is_available()


def _kernels(plan: Plan, weights: Checkpoint, images: list[Array]) -> Any:
    from netlang.runtime.model import Model

    with TemporaryDirectory() as folder:
        write_artifact(plan, weights, folder)
        model = Model.load(folder)
        return _result(model, images, model.device)


def _result(model: Any, images: list[Array], device: Any = "cpu") -> Any:
    import torch

    with torch.inference_mode():
        x = (torch.tensor(image, dtype=torch.float32).to(device) for image in images)
        return model(*x).cpu()
