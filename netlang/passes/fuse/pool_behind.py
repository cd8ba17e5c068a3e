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

from dataclasses import replace
from functools import partial

from netlang.device import Target
from netlang.ir.composite import Chain
from netlang.ir.fused import anchor_of, steps_of
from netlang.ir.graph import Graph, Node
from netlang.ir.types import Types
from netlang.ops.conv import Conv
from netlang.ops.norm import LRN
from netlang.ops.pool import MaxPool
from netlang.passes.fuse.chain import chain
from netlang.passes.fuse.estimate import Work, dearer
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def pool_behind(graph: Graph, log: Log) -> Graph:
    """The network with max pools in the kernels of what they read."""
    return chain(graph, log, partial(_judge, target=log.target))


def _judge(sweep: Sweep, first: Node, pool: Node, *, target: Target) -> str | None:
    op = anchor_of(pool.op)
    if not isinstance(op, MaxPool) or op.kernel == "global":
        return None
    if isinstance(first.op, LRN):
        return ""
    if not isinstance(anchor_of(first.op), Conv):
        return None
    fixed = [step.op.name for step in steps_of(first.op) if not step.op.monotone]
    if fixed:
        return f"'{fixed[0]}' does not commute with a maximum"
    return _gain(sweep, first, pool, target)


def _gain(sweep: Sweep, first: Node, pool: Node, target: Target) -> str:
    """Why the convolution is not computed once for each window that it lies in."""
    given, read = sweep.types(first), sweep.types(pool)
    apart = Work.of(first.op, given), Work.of(pool.op, read)
    one = together(Chain((first.op, pool.op)), (*given, *read[1:]))
    return dearer(apart, (one,), target)


def together(chain: Chain, inputs: Types) -> Work:
    """The work of a convolution that is computed once for each window that it lies in."""
    pool = anchor_of(chain.second)
    assert isinstance(pool, MaxPool)
    (given, read), (between, after) = chain.types(inputs), chain.results(inputs)
    rows, cols = pool.windows(between)
    windows = rows.kernel * rows.output * cols.kernel * cols.output
    work, behind = Work.of(chain.first, given), Work.of(chain.second, read)
    return replace(
        work,
        macs=work.macs * windows // (between.height * between.width),
        moved=work.moved + behind.moved - between.elements - read[0].elements,
        pixels=after.height * after.width,
    )
