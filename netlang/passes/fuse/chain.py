"""Two nodes as one kernel, the second behind the first: what the passes that do so share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netlang.ir.composite import Chain
from netlang.ir.graph import Graph, Node
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader

Judge = Callable[[Sweep, Node, Node], str | None]
"""Of a node and the reader of its result: None where they are no pair for the pass, or why they
stay apart; empty where they go together."""


def chain(graph: Graph, log: Log, judge: Judge) -> Graph:
    """The network with the pairs as one node each, where nothing else reads the first's result."""
    sweep = Sweep(graph)
    for old in graph:
        node = sweep.take(old)
        first = sweep.nodes[node.inputs[0]] if node.inputs else node
        reason = judge(sweep, first, node) if node.inputs else None
        if reason == "":
            reason = _kept_apart(graph, old)
        if reason == "":
            log.change(node.name, f"computed behind %{first.name}, which is not stored")
            _join(sweep, first, node)
            continue
        if reason is not None:
            log.skip(node.name, f"not computed with %{first.name}: {reason}")
        sweep.keep(node)
    return sweep.finish()


def _kept_apart(graph: Graph, node: Node) -> str:
    """Why the result that a node reads has to be in memory."""
    first = node.inputs[0]
    if node.inputs.count(first) > 1:
        return f"%{node.name} reads %{first} more than once"
    return other_reader(graph, first, node)


def _join(sweep: Sweep, first: Node, second: Node) -> None:
    """Puts both where the second would be, under the name of the one that has the product."""
    op = Chain((first.op, second.op))
    leader = second if op.lead is op.second else first
    node = replace(
        leader,
        op=op,
        inputs=(*first.inputs, *second.inputs[1:]),
        type=second.type,
        derived=sweep.part_bindings((first, second)),
    )
    sweep.drop(first.name)
    sweep.keep(node)
    sweep.alias(second.name, node.name)
