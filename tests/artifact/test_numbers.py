"""Whole networks as artifacts, in Triton's interpreter, against the network as written."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from netlang import kernels
from netlang.backends.torch import reference
from netlang.backends.triton.artifact import write_artifact
from netlang.device import Target
from netlang.ground.accuracy import relative_error
from netlang.ir.composite import Composite
from netlang.ir.fused import Fused
from netlang.ir.graph import Graph
from netlang.ir.op import Launch, Op, Site
from netlang.kernels.kernel import Operand
from netlang.kernels.precision import Precision
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.ops import OPS
from netlang.ops.linear import Linear
from netlang.passes import optimize
from netlang.plan import Counters, plan
from netlang.weights import random_weights
from tests.artifact.networks import ALEXNET, GOOGLENET, MOBILENET, RESNET, network

# float32: twenty layers, each of which rounds a sum of up to 1,000 products to 2**-24 of it.
# float16: each layer rounds what it writes, and its weights, to 2**-11 = 5e-4; over twenty layers
# with signs at random that grows about fivefold. A wrong pixel, channel or weight is off by 0.1.
# tf32: as float16, whose mantissa is as long.
TOLERANCES: dict[Precision, float] = {"float32": 1e-5, "tf32": 5e-3, "float16": 5e-3}

TIGHTER = {("resnet20", "tf32"): 6e-4}
"""Products drop bits: were what layers give not rounded ahead of them, all would be too small, and
this one off by 1.6e-3; by 6e-3 if weights were not, either."""

STANDALONE = Path(__file__).with_name("standalone.py")


def resnet20() -> Graph:
    """The network of 32x32 images up to its softmax, which would hide what is wrong before it."""
    graph = load("resnet20")
    return replace(graph, output=graph[graph.output].inputs[0])


NETWORKS = {
    "resnet20": resnet20(),
    "alexnet": network(ALEXNET),
    "googlenet": network(GOOGLENET),
    "resnet": network(RESNET),
    "mobilenet": network(MOBILENET),
}


def artifact_results(folder: Path, xs: list[Tensor]) -> list[Tensor]:
    """What an artifact gives in a process that has no netlang, from a folder of its own."""
    for x in xs:
        torch.save(x, folder.parent / f"x{len(x)}.pt")
    environment = {**os.environ, "TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONPATH", None)
    subprocess.run(
        [sys.executable, "-I", STANDALONE, folder, *(str(len(x)) for x in xs)],
        cwd=folder.parent,
        env=environment,
        check=True,
        timeout=300,
    )
    return [torch.load(folder.parent / f"y{len(x)}.pt") for x in xs]


def images(graph: Graph, batch: int) -> Tensor:
    """Random images; with LRN, of numbers as large as pixels, for on small ones it does nothing."""
    shape = graph.inputs[0].type.shape
    scale = 100 if any(node.op.name == "lrn" for node in graph) else 1
    return scale * torch.randn(batch, *shape, generator=torch.Generator().manual_seed(batch))


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("name", NETWORKS)
def test_artifact_computes_the_network(name: str, precision: Precision, tmp_path: Path) -> None:
    tolerance = TIGHTER.get((name, precision), TOLERANCES[precision])
    check(NETWORKS[name], optimize(NETWORKS[name]).graph, precision, tmp_path, tolerance)


def test_a_network_that_no_pass_has_touched_runs_too(tmp_path: Path) -> None:
    check(NETWORKS["resnet"], NETWORKS["resnet"], "float32", tmp_path, TOLERANCES["float32"])


@dataclass(frozen=True)
class LinearSoftmax(Linear):
    """A linear layer and the softmax behind it, as one kernel."""

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return F.softmax(super().torch(F, xs, w, training), 1)

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return self.product(site, kernels.Linear, softmax=True)


@pytest.mark.parametrize("batch", [1, 64])
def test_launches_that_count_have_counters(batch: int, tmp_path: Path) -> None:
    graph = parse_graph("""graph counting {
  %input = input() shape=3x4x4 : 3x4x4
  %a = linear(%input) out=140 : 140
  %b = linear(%a) out=150 : 150
  output %b
}""")
    entry, *layers = graph
    layers = [replace(node, op=LinearSoftmax(node.type.channels)) for node in layers]
    graph = graph.with_nodes((entry, *layers))
    planned = plan(graph, Target(precision="float32", batch=batch))
    arguments = [argument for call in planned.calls for argument in call.arguments]
    assert [a for a in arguments if isinstance(a, Counters)] == [Counters(0), Counters(1)]
    assert planned.counters == 2
    weights = random_weights(graph, seed=1)
    write_artifact(planned, weights, tmp_path / "artifact")
    # A batch comes again: what it counts in was used in between.
    xs = [images(graph, batch) for batch in (2, 5, 2)]
    for x, y in zip(xs, artifact_results(tmp_path / "artifact", xs), strict=True):
        require_close(y, reference(graph, weights, x), TOLERANCES["float32"])


def check(
    graph: Graph, compiled: Graph, precision: Precision, tmp_path: Path, tolerance: float
) -> None:
    weights = random_weights(graph, seed=1)
    write_artifact(plan(compiled, Target(precision=precision)), weights, tmp_path / "artifact")
    xs = [images(graph, 1), images(graph, 3)]
    for x, y in zip(xs, artifact_results(tmp_path / "artifact", xs), strict=True):
        require_close(y, reference(graph, weights, x), tolerance)


def require_close(y: Tensor, expected: Tensor, tolerance: float) -> None:
    assert y.shape == expected.shape
    assert relative_error(y, expected) < tolerance


def operators(op: Op) -> Iterator[Op]:
    """An operator, or those that it is made of."""
    if isinstance(op, Composite):
        for part in op.parts:
            yield from operators(part)
    elif isinstance(op, Fused):
        yield from operators(op.anchor)
        yield from (step.op for step in op.steps)
    else:
        yield op


def test_the_networks_contain_every_operator() -> None:
    nodes = (node for graph in NETWORKS.values() for node in optimize(graph).graph)
    found = {op.name for node in nodes for op in operators(node.op)}
    # What the passes remove; the test of the untouched network has a batch norm.
    assert set(OPS) - found <= {"bn", "dropout", "identity"}


FUSIONS: dict[str, Callable[[Any], object]] = {
    "a sum of products": lambda kernel: getattr(kernel, "more", ()),
    "a pool behind a convolution": lambda kernel: getattr(kernel, "pool", None),
    "a pool ahead of a convolution": lambda kernel: getattr(kernel, "x_pool", None),
    "a pool behind an LRN": lambda kernel: getattr(kernel, "norm", None),
    "a softmax behind a linear layer": lambda kernel: getattr(kernel, "softmax", False),
    "one value back to back": lambda kernel: getattr(kernel, "keep", None) is False,
    "two values back to back": lambda kernel: getattr(kernel, "keep", False),
    "a kernel with several results": lambda kernel: getattr(kernel, "into", ()),
    "a shortcut of option A in a sum": lambda kernel: any(t.sampled for t in tensors(kernel)),
}


def tensors(kernel: Any) -> tuple[Operand, ...]:
    return kernel.epilogue.tensors


def test_the_networks_contain_every_fusion() -> None:
    functions = [f for graph in NETWORKS.values() for f in plan(optimize(graph).graph).functions]
    together = [f.kernel for f in functions if isinstance(f.kernel, kernels.Together)]
    assert together
    layers = [f.kernel for f in functions if isinstance(f.kernel, kernels.Layer)]
    layers += [part for kernel in together for part in kernel.parts]
    missing = [name for name, has in FUSIONS.items() if not any(map(has, layers))]
    assert not missing
