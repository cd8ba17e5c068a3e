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
from netlang.ir.graph import Graph, Node
from netlang.ir.types import Types
from netlang.ops.conv import Conv
from netlang.ops.norm import LRN
from netlang.ops.pool import MaxPool
from netlang.passes.chain import chain
from netlang.passes.estimate import Work, dearer
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, anchor_of, steps_of


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
    return _gain(op, first, pool, (sweep.types(first), sweep.types(pool)), target)


def _gain(op: MaxPool, first: Node, pool: Node, types: tuple[Types, Types], target: Target) -> str:
    """Why the convolution is not computed once for each window that it lies in.

    `types` are those of what each of the two reads.
    """
    apart = Work.of(first.op, types[0]), Work.of(pool.op, types[1])
    between = first.type.elements + pool.op.reads(types[1], pool.type)[0]
    rows, cols = op.windows(first.type)
    windows = rows.kernel * rows.output * cols.kernel * cols.output
    one = replace(
        apart[0],
        macs=apart[0].macs * windows // (first.type.height * first.type.width),
        moved=apart[0].moved + apart[1].moved - between,
        pixels=apart[1].pixels,
    )
    return dearer(apart, one, target)
