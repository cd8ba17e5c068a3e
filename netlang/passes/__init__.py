"""Graph to graph, one pass a module; the pipeline is the two tuples of `simplify` and `fuse`."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

from netlang.device import USUAL, Target
from netlang.diagnostic import error, near_or_all
from netlang.ir.graph import Graph, verify
from netlang.passes.fuse import FUSE
from netlang.passes.report import Log, Pass, Report
from netlang.passes.simplify import SIMPLIFY, drop_heads, eliminate_dead

PIPELINE = SIMPLIFY + FUSE
LAST = PIPELINE[-1].__name__


def named(name: str) -> Pass:
    """The pass of the pipeline that has a name. `NetError` where none has."""
    passes = {run.__name__: run for run in PIPELINE}
    if name not in passes:
        raise error(f"there is no pass '{name}'", help=near_or_all(name, passes))
    return passes[name]


def upto(name: str) -> tuple[Pass, ...]:
    """The pipeline up to a pass, to its last run where it runs twice. `NetError`: no such pass."""
    last = named(name)
    end = max(place for place, run in enumerate(PIPELINE, 1) if run is last)
    return PIPELINE[:end]


@dataclass(frozen=True)
class Optimized:
    """The graph after the last pass, and what each pass did."""

    graph: Graph
    reports: tuple[Report, ...]


def optimize(
    graph: Graph, passes: tuple[Pass, ...] = PIPELINE, target: Target = USUAL
) -> Optimized:
    """Runs passes in order; types are derived anew and compared after each.

    The network computes the same on any target; what is one kernel is chosen to be fast on this.
    """
    reports: list[Report] = []
    for run in passes:
        log, start = Log(target), perf_counter()
        after = run(graph, log)
        # A graph that is left as it was has been verified, and remembers who reads what.
        graph = graph if after == graph else verify(after)
        elapsed = 1e3 * (perf_counter() - start)
        done = tuple(log.changed), tuple(log.skipped)
        reports.append(Report(run.__name__, *done, elapsed, len(graph)))
    return Optimized(graph, tuple(reports))


def inference(graph: Graph) -> Graph:
    """The network without its auxiliary heads, otherwise as it is written."""
    return optimize(graph, (drop_heads, eliminate_dead)).graph
