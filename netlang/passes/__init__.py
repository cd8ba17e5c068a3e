"""Graph to graph, one pass a module; the pipeline is the tuple below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from netlang.ir.graph import Graph, verify
from netlang.passes.drop_heads import drop_heads
from netlang.passes.drop_identity import drop_identity
from netlang.passes.eliminate_dead import eliminate_dead
from netlang.passes.flatten_concat import flatten_concat
from netlang.passes.fold_affine import fold_affine
from netlang.passes.fold_bn import fold_bn
from netlang.passes.fuse_epilogue import fuse_epilogue
from netlang.passes.merge_equal import merge_equal
from netlang.passes.pool_first import pool_first
from netlang.passes.report import Log, Report
from netlang.passes.swap_relu_pool import swap_relu_pool

Pass = Callable[[Graph, Log], Graph]

PIPELINE: tuple[Pass, ...] = (
    drop_heads,
    eliminate_dead,
    drop_identity,
    flatten_concat,
    pool_first,
    merge_equal,  # the two before it may leave values that are equal
    fold_bn,
    swap_relu_pool,  # an affine takes a relu in its epilogue, a batch norm does not
    fold_affine,
    drop_identity,  # again: a flatten may stand right ahead of its linear layer by now
    fuse_epilogue,
)
"""What turns a network as it is written into one for inference."""


@dataclass(frozen=True)
class Optimized:
    """The graph after the last pass, and what each pass did."""

    graph: Graph
    reports: tuple[Report, ...]


def optimize(graph: Graph, passes: tuple[Pass, ...] = PIPELINE) -> Optimized:
    """Runs passes in order; types are derived anew and compared after each."""
    reports: list[Report] = []
    for run in passes:
        log, start = Log(), perf_counter()
        graph = verify(run(graph, log))
        elapsed = 1e3 * (perf_counter() - start)
        done = tuple(log.changed), tuple(log.skipped)
        reports.append(Report(run.__name__, *done, elapsed, len(graph)))
    return Optimized(graph, tuple(reports))
