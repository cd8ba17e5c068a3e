"""A relu goes behind the max pool that reads it, where no kernel takes it ahead of the pool.

    %both = concat(%a, %b)                     %both = concat(%a, %b)
    %relu = relu(%both)                  =>    %pool = maxpool(%both) kernel=3x3, stride=2x2
    %pool = maxpool(%relu) kernel=3x3, ...     %relu = relu(%pool)

The largest number has the largest relu, and so with every function that never falls. The pool's
epilogue takes it, on fewer pixels. If its own producer takes it, nothing is gained.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ops.pool import MaxPool
from netlang.passes.fuse.fuse_epilogue import takes_epilogue
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


def swap_relu_pool(graph: Graph, log: Log) -> Graph:
    """The network with the max pool first where a relu would be a kernel of its own."""
    sweep = Sweep(graph)
    for old in graph:
        pool = sweep.take(old)
        if not _may_swap(graph, old):
            sweep.keep(pool)
            continue
        relu = sweep.nodes[pool.inputs[0]]
        producer = sweep.nodes[relu.inputs[0]]
        value, reader = graph[old.inputs[0]].inputs[0], graph[old.inputs[0]]
        if takes_epilogue(producer.op) and not other_reader(graph, value, reader):
            sweep.keep(pool)
            continue
        log.change(relu.name, f"goes behind %{pool.name}")
        sweep.keep(replace(pool, inputs=relu.inputs))
        sweep.keep(replace(relu, inputs=(pool.name,), type=pool.type))
        sweep.alias(pool.name, relu.name)
    return sweep.finish()


def _may_swap(graph: Graph, pool: Node) -> bool:
    if not isinstance(pool.op, MaxPool):
        return False
    (value,) = pool.inputs
    return graph[value].op.monotone and not other_reader(graph, value, pool)
