"""Graph to graph, one pass a module; the pipeline is the tuple below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from netlang.device import USUAL, Target
from netlang.diagnostic import did_you_mean, error
from netlang.ir.graph import Graph, verify
from netlang.passes.back_to_back import back_to_back
from netlang.passes.drop_heads import drop_heads
from netlang.passes.drop_identity import drop_identity
from netlang.passes.eliminate_dead import eliminate_dead
from netlang.passes.flatten_concat import flatten_concat
from netlang.passes.fold_affine import fold_affine
from netlang.passes.fold_bn import fold_bn
from netlang.passes.fold_shortcut import fold_shortcut
from netlang.passes.fuse_epilogue import fuse_epilogue
from netlang.passes.launch_together import launch_together
from netlang.passes.lift_stride import lift_stride
from netlang.passes.merge_equal import merge_equal
from netlang.passes.merge_siblings import merge_siblings
from netlang.passes.pad_channels import pad_channels
from netlang.passes.pool_ahead import pool_ahead
from netlang.passes.pool_behind import pool_behind
from netlang.passes.pool_first import pool_first
from netlang.passes.report import Log, Report
from netlang.passes.softmax_behind import softmax_behind
from netlang.passes.sum_products import sum_products
from netlang.passes.swap_relu_pool import swap_relu_pool

Pass = Callable[[Graph, Log], Graph]

SIMPLIFY: tuple[Pass, ...] = (
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
    lift_stride,  # through what is pointwise: a batch norm is not, a fused operator hides it
    fold_shortcut,  # and shortcuts that got a stride just now
)
"""What turns a network as it is written into one for inference, for any backend."""

FUSE: tuple[Pass, ...] = (
    fuse_epilogue,
    sum_products,
    merge_siblings,
    pool_behind,
    pad_channels,  # a stem that computes for each window of its pool reads more of the image
    pool_ahead,
    softmax_behind,
    back_to_back,
    launch_together,
)
"""What makes one node of what one kernel computes."""

PIPELINE = SIMPLIFY + FUSE
LAST = PIPELINE[-1].__name__


def named(name: str) -> Pass:
    """The pass of the pipeline that has a name. `NetError` where none has."""
    passes = {run.__name__: run for run in PIPELINE}
    if name not in passes:
        there_are = f"there are: {', '.join(passes)}"
        raise error(f"there is no pass '{name}'", help=did_you_mean(name, passes) or there_are)
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
