"""Those functions of `import netlang` that know graphs alone, for any network: by its name too.

What stands above `netlang.lower`, such as `compile` and `draw`, takes names by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netlang import passes as on_graphs
from netlang import weights as of_graphs
from netlang.device import USUAL, Target
from netlang.ground.arrays import Array
from netlang.ir.attributes import Value
from netlang.lower import GraphLike, as_graph
from netlang.passes import PIPELINE, Optimized, Pass

__all__ = ["adopt_weights", "optimize", "random_weights"]


def optimize(
    network: GraphLike,
    passes: tuple[Pass, ...] = PIPELINE,
    target: Target = USUAL,
    *,
    device: str | None = None,
    precision: str | None = None,
    batch: int | None = None,
    **settings: Value,
) -> Optimized:
    """A network after passes, and what each did; `.graph` is what `compile` makes kernels of.

    It computes the same on any target; what is one kernel is chosen to be fast on this one.
    `network`, the words of the target and `settings` are those of `compile`.
    """
    graph = as_graph(network, **settings)
    return on_graphs.optimize(graph, passes, target.but(device, precision, batch))


def random_weights(network: GraphLike, seed: int = 0, trained: bool = True) -> dict[str, Array]:
    """`netlang.weights.random_weights` of a graph, a `.net` file or a network of the zoo."""
    return of_graphs.random_weights(as_graph(network), seed, trained)


def adopt_weights(
    network: GraphLike, state: Mapping[str, Any], in_order: bool = False
) -> dict[str, Array]:
    """`netlang.weights.adopt_weights` for a graph, a `.net` file or a network of the zoo."""
    return of_graphs.adopt_weights(as_graph(network), state, in_order)
