"""How long each layer takes where the network runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from netlang.diagnostic import error
from netlang.engines import Engine
from netlang.ground.columns import aligned
from netlang.ground.units import percent, rate, si
from netlang.ir.graph import Graph

WARM = 2
"""Runs ahead of those that count: the first ones lay out weights and fill caches."""

RUNS = 10


@dataclass(frozen=True)
class Timing:
    """Seconds of a batch: of the whole network and of each of its layers, medians of `RUNS` runs.

    `graph` is the network as the engine runs it, `engine` is what that is called.
    """

    graph: Graph
    engine: str
    batch: int
    seconds: float
    layers: dict[str, float]

    def share(self, seconds: float) -> float:
        """A part of the whole."""
        return seconds / self.seconds


def timed(engine: Engine, batch: int, count: Callable[[object], None]) -> Timing:
    """Times the layers of an engine on noise; `count` is called after each run.

    NetError where the engine does not know of layers.
    """
    import numpy as np

    if engine.layered is None:
        raise error(
            f"the engine '{engine.name}' has no layers to time", help="the engine 'torch' has"
        )
    graph = engine.layered.graph
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *graph.inputs[0].type.shape), dtype="float32")
    totals, layers = list[float](), defaultdict[str, list[float]](list)
    for run in range(WARM + RUNS):
        start = perf_counter()
        engine.layered(x, seen=_note(layers) if run >= WARM else None)
        totals.append(perf_counter() - start)
        count(run)
    medians = {name: median(times) for name, times in layers.items()}
    return Timing(graph, engine.description, batch, median(totals[WARM:]), medians)


def _note(layers: dict[str, list[float]]) -> Callable[[str, Any, float], None]:
    return lambda name, _value, seconds: layers[name].append(seconds)


def table(timing: Timing) -> str:
    """A row a layer that ran, in order, and the whole."""
    graph = timing.graph
    rows = [("layer", "", "output", "time", "share")]
    rows += [
        (name, graph[name].op.caption, str(graph[name].type), *_cells(timing, seconds))
        for name, seconds in timing.layers.items()
    ]
    between = timing.seconds - sum(timing.layers.values())
    rows.append(("between layers", "", "", *_cells(timing, between)))
    lines = aligned(rows, left=2)
    rule = "-" * max(map(len, lines))
    head = (
        f"{graph.name} by {timing.engine}, batch {timing.batch}: {si(timing.seconds, 's')}, "
        f"{rate(timing.batch / timing.seconds)} (median of {RUNS} runs)"
    )
    return "\n".join([head, "", lines[0], rule, *lines[1:]])


def _cells(timing: Timing, seconds: float) -> tuple[str, str]:
    return si(seconds, "s"), percent(timing.share(seconds))


def describe(timing: Timing) -> dict[str, Any]:
    """The times as one object of plain values; the form is stable, for scripts."""
    return {
        "engine": timing.engine,
        "batch": timing.batch,
        "runs": RUNS,
        "seconds": timing.seconds,
        "layers": [
            {
                "name": name,
                "op": timing.graph[name].op.name,
                "seconds": seconds,
                "share": timing.share(seconds),
            }
            for name, seconds in timing.layers.items()
        ],
    }
