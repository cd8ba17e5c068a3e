"""A mean over pixels goes ahead of the 1x1 convolution that it reads, which has fewer to do then.

    %conv = conv(%x) kernel=1x1, out=8 : 8x7x7         %pool = avgpool(%x) kernel=global : 16x1x1
    %bn = bn(%conv) : 8x7x7                        =>  %conv = conv(%pool) kernel=1x1, out=8 : 8x1x1
    %pool = avgpool(%bn) kernel=global : 8x1x1         %bn = bn(%conv) : 8x1x1

The convolution does the same to each pixel and is linear, as the mean is, and so with a batch norm
or a scale beside it. The weights of a mean add up to one, so a bias comes through; where zeros of
padding are counted they do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ir.op import infer
from netlang.ops.pool import AdaptiveAvgPool, AvgPool
from netlang.ops.product import Product
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


def pool_first(graph: Graph, log: Log) -> Graph:
    """The network with means over pixels ahead of products that treat each pixel alike."""
    while True:
        # A pool that has moved may stand behind the next product.
        found = Log(log.target)
        graph = _moved(graph, found)
        log.changed += found.changed
        if not found.changed:
            log.skipped += found.skipped
            return graph


def _moved(graph: Graph, log: Log) -> Graph:
    sweep = Sweep(graph)
    for old in graph:
        run = list(_run(graph, old)) if isinstance(old.op, AvgPool | AdaptiveAvgPool) else []
        if not any(isinstance(node.op, Product) for node in run):
            sweep.keep(sweep.take(old))
            continue
        first = sweep.take(run[-1])
        reason = _refusal(graph, old, first)
        if reason:
            log.skip(old.name, f"stays behind %{first.name}: {reason}")
            sweep.keep(sweep.take(old))
            continue
        log.change(old.name, f"goes ahead of %{first.name}")
        inputs, type = first.inputs, graph.types(run[-1])[0]
        for node in (old, *reversed(run)):
            type = infer(node.op, (type,))
            sweep.keep(replace(node, inputs=inputs, type=type))
            inputs = (node.name,)
        sweep.alias(old.name, run[0].name)
    return sweep.finish()


def _run(graph: Graph, reader: Node) -> Iterator[Node]:
    """The affine operators that lead to a pool and nowhere else, the last one first."""
    while True:
        node = graph[reader.inputs[0]]
        is_affine = not node.is_input and node.op.is_affine(graph.types(node))
        if not is_affine or other_reader(graph, node.name, reader):
            return
        yield node
        reader = node


def _refusal(graph: Graph, pool: Node, first: Node) -> str:
    (given,) = graph.types(pool)
    if not pool.op.is_mean((given,)):
        return "its mean counts zeros of padding"
    (x,) = graph.types(first)
    less, more = infer(pool.op, (x,)).elements, given.elements
    return "" if less < more else f"{less} numbers between the two would be no less than {more}"
