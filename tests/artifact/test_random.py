"""Random networks, optimized for few images and for many, as artifacts in Triton's interpreter."""

import os
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from netlang.backends.torch import reference
from netlang.backends.triton.artifact import write_artifact
from netlang.device import Target
from netlang.ir.graph import Graph
from netlang.kernels.precision import Precision
from netlang.passes import optimize
from netlang.plan import Plan, plan
from netlang.tune import Timing, Tuning
from netlang.tune.candidates import candidates
from netlang.tune.parts import layers_of
from netlang.tune.store import maker
from netlang.tune.tuning import signature
from netlang.weights import random_weights
from tests.kernels.launch import interpreted
from tests.random_graphs import graphs, widened

# A tenth of the passes' examples: each is compiled, written, loaded and run.
EXAMPLES = int(os.environ.get("NETLANG_EXAMPLES", "500")) // 10

# Two dozen layers, each of which rounds sums to 2**-24 of their largest term, and results to 2**-11
# in float16, which alone is read through descriptors.
TOLERANCES: dict[Precision, float] = {"float32": 2e-5, "float16": 2e-2}


def any_tiles(planned: Plan, numbers: Random) -> Tuning:
    """Tiles for the kernels of a plan, each as good as another."""
    timings = {
        signature(f.kernel): Timing(
            1.0, tuple(layer.chosen for layer in layers_of(numbers.choice(choices)))
        )
        for f in planned.functions
        if (choices := candidates(f.kernel, planned.target, 200))
    }
    return Tuning(maker(planned.target.device), timings)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)
@given(
    graphs(),
    st.sampled_from((1, 256)),
    # Descriptors need 8 channels or so, and numbers of two bytes.
    st.sampled_from((("float32", 1), ("float16", 8), ("float16", 16))),
    st.integers(0, 999),
)
def test_artifacts_compute_what_the_network_says(
    graph: Graph, batch: int, kind: tuple[Precision, int], seed: int
) -> None:
    precision, times = kind
    graph = widened(graph, times)
    weights = random_weights(graph, seed=1)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn((3, *graph.inputs[0].type.shape), generator=generator)
    expected = reference(graph, weights, x)
    # A relu may leave nothing to compare.
    assume(expected.abs().max() > 1e-3)
    target = Target(precision=precision, batch=batch)
    optimized = optimize(graph, target=Target(batch=batch)).graph
    compiled = plan(optimized, target, any_tiles(plan(optimized, target), Random(seed)))
    with TemporaryDirectory() as folder:
        write_artifact(compiled, weights, folder)
        alone, got = (y.double() for y in interpreted(results_of, Path(folder), x))
    # A batch of another size adds up in another order, and may round a number the other way.
    slack = TOLERANCES[precision] / 4 * expected.abs().max()
    assert (alone - got[:1]).abs().max() < slack
    assert (got - expected).abs().max() < TOLERANCES[precision] * expected.abs().max()


def results_of(folder: Path, x: Tensor) -> tuple[Tensor, Tensor]:
    """What the artifact in a folder makes of images, the first alone and all three."""
    from netlang.runtime.model import Model

    model = Model.load(folder)
    return model(x[:1]), model(x)
