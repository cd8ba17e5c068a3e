"""The compiler as a whole: network in, artifact out; what stands between can be looked at.

compilation = netlang.compile("resnet50", "build/resnet50", weights=weights)
compilation.plan.arena_bytes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

from netlang.backends.triton.artifact import write_artifact
from netlang.device import USUAL, Target
from netlang.ir.attributes import Value
from netlang.ir.graph import Graph
from netlang.lower import GraphLike, as_graph
from netlang.passes import PIPELINE, Optimized, Pass, optimize
from netlang.plan import Plan, plan
from netlang.tune import Tuning
from netlang.weights import random_weights


@dataclass(frozen=True)
class Compilation:
    """A network at each stage: as written, optimized, planned with the tiles of a tuning."""

    graph: Graph
    optimized: Optimized
    plan: Plan
    planning_ms: float
    tuning: Tuning | None = None

    @property
    def measured(self) -> int:
        """How many of the kernels have tiles that were measured."""
        tuning = self.tuning
        return sum(bool(tuning and tuning.applied(f.kernel)) for f in self.plan.functions)

    def tuned(self, tuning: Tuning) -> Compilation:
        """The same network planned with other tiles."""
        planned = plan(self.optimized.graph, self.plan.target, tuning)
        return replace(self, plan=planned, tuning=tuning)

    def write(self, folder: str | Path, weights: Mapping[str, Any]) -> None:
        """Writes the artifact: a folder that runs with torch and triton alone.

        `weights` is a checkpoint for the network as it is written; KeyError where it lacks one.
        What was measured of its kernels is there too, for whoever compiles it again.
        """
        beside: dict[str, str] = {}
        if self.tuning and self.measured:
            kernels = (function.kernel for function in self.plan.functions)
            beside["tuning.json"] = self.tuning.of(kernels).text()
        write_artifact(self.plan, weights, folder, beside)


def compile(
    network: GraphLike,
    folder: str | Path | None = None,
    *,
    target: Target = USUAL,
    device: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    weights: Mapping[str, Any] | None = None,
    seed: int = 0,
    passes: tuple[Pass, ...] = PIPELINE,
    tuning: Tuning | None = None,
    **settings: Value,
) -> Compilation:
    """Compiles a network to Triton kernels and, where a folder is given, writes them there.

    `network` is a graph, a `.net` file or a network of the zoo, `settings` are the net's
    parameters. The result is to be fast on the target, and runs any batch; `device` (a name of
    `netlang.device.DEVICES`), `precision` and `batch` stand in place of what the target says.
    Without `weights` (a checkpoint: arrays by name) random ones are made from `seed`. `passes`
    are those of `netlang.passes` to run. Tiles of kernels are those of `tuning`
    (`netlang.tune.store` reads one), or of a cost model. Raises `NetError`; KeyError where
    `weights` lack a tensor; TypeError where a graph is given parameters.
    """
    graph, aim = as_graph(network, **settings), target.but(device, precision, batch)
    optimized = optimize(graph, passes, aim)
    start = perf_counter()
    planned = plan(optimized.graph, aim, tuning)
    compilation = Compilation(graph, optimized, planned, 1e3 * (perf_counter() - start), tuning)
    if folder is not None:
        compilation.write(folder, random_weights(graph, seed) if weights is None else weights)
    return compilation
