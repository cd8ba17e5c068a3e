"""A max pool takes its windows from the kernel of what it reads, which is never stored.

    %c = conv(%x) out=64 -> relu(_)          %c = conv(%x) out=64 -> relu(_)
    %p = maxpool(%c) kernel=3x3        =>         => maxpool(_) kernel=3x3, stride=2x2
         stride=2x2

    max(f(a), f(b)) = f(max(a, b)) for a function that never falls, so the epilogue runs once

Windows overlap, and what lies in several of them is computed for each: the stem of a ResNet does
9/4 of its multiply-adds. That has to cost less than a trip to memory. An LRN is computed anew for
each window likewise (Krizhevsky et al. 2012, sections 3.3 and 3.4).
"""

from __future__ import annotations

from functools import partial

from netlang.device import Target
from netlang.ir.composite import Chain
from netlang.ir.fused import anchor_of, steps_of
from netlang.ir.graph import Graph, Node
from netlang.ops.conv import Conv
from netlang.ops.norm import LRN
from netlang.ops.pool import MaxPool
from netlang.passes.fuse.chain import chain
from netlang.passes.fuse.estimate import TiledWork, dearer, work_per_window
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def pool_behind(graph: Graph, log: Log) -> Graph:
    """The network with max pools in the kernels of what they read."""
    return chain(graph, log, _is_pair, partial(_refusal, target=log.target))


def _is_pair(first: Node, pool: Node) -> bool:
    op = anchor_of(pool.op)
    has_windows = isinstance(op, MaxPool) and op.kernel != "global"
    return has_windows and (isinstance(first.op, LRN) or isinstance(anchor_of(first.op), Conv))


def _refusal(sweep: Sweep, first: Node, pool: Node, *, target: Target) -> str:
    if isinstance(first.op, LRN):
        return ""
    fixed = [step.op.name for step in steps_of(first.op) if not step.op.monotone]
    if fixed:
        return f"'{fixed[0]}' does not commute with a maximum"
    given, read = sweep.types(first), sweep.types(pool)
    apart = TiledWork.of(first.op, given), TiledWork.of(pool.op, read)
    one = work_per_window(Chain((first.op, pool.op)), (*given, *read[1:]))
    return dearer(apart, (one,), target)
