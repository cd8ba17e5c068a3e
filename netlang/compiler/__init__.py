"""The compiler as a whole: network in, artifact out; what stands between can be looked at.

compilation = netlang.compile("resnet50", "build/resnet50", weights=weights)
compilation.plan.arena_bytes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from netlang.backends.triton.artifact import write_artifact
from netlang.device import DEVICES, Target
from netlang.ir.attributes import Value
from netlang.ir.graph import Graph
from netlang.kernels.kernel import Precision
from netlang.lower import load
from netlang.passes import PIPELINE, Optimized, Pass, optimize
from netlang.plan import Plan, plan
from netlang.weights import random_weights


@dataclass(frozen=True)
class Compilation:
    """A network at each stage: as written, optimized, planned."""

    graph: Graph
    optimized: Optimized
    plan: Plan
    planning_ms: float

    def write(self, folder: str | Path, weights: Mapping[str, Any]) -> None:
        """Writes the artifact: a folder that runs with torch and triton alone.

        `weights` is a checkpoint for the network as it is written; KeyError where it lacks one.
        """
        write_artifact(self.plan, weights, folder)


def compile(
    network: Graph | str | Path,
    folder: str | Path | None = None,
    *,
    weights: Mapping[str, Any] | None = None,
    precision: Precision = "float16",
    batch: int = 1,
    device: str = "h100",
    seed: int = 0,
    passes: tuple[Pass, ...] = PIPELINE,
    **settings: Value,
) -> Compilation:
    """Compiles a network to Triton kernels and, where a folder is given, writes them there.

    `network` is a graph, a `.net` file or a network of the zoo, `settings` are the net's
    parameters. `batch` is the batch size to be fast at, `device` the GPU, by a name of
    `netlang.device.DEVICES`; the result runs any batch on any GPU. Without `weights` (a
    checkpoint: arrays by name) random ones are made from `seed`. `passes` are those of
    `netlang.passes` to run. Raises `NetError`.
    """
    graph = network if isinstance(network, Graph) else load(network, **settings)
    target = Target(DEVICES[device], precision, batch)
    optimized = optimize(graph, passes, target)
    start = perf_counter()
    planned = plan(optimized.graph, target)
    compilation = Compilation(graph, optimized, planned, 1e3 * (perf_counter() - start))
    if folder is not None:
        compilation.write(folder, random_weights(graph, seed) if weights is None else weights)
    return compilation
