"""Two nodes as one kernel, the second behind the first: what the passes that do so share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from netlang.ir.composite import Chain
from netlang.ir.graph import Graph, Node
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader

IsPair = Callable[[Node, Node], bool]
"""Whether a node and the reader of its result are what a pass is about."""

Refusal = Callable[[Sweep, Node, Node], str]
"""Why the two of a pair stay apart; empty where they may go together."""


def chain(
    graph: Graph, log: Log, is_pair: IsPair, refusal: Refusal = lambda sweep, first, second: ""
) -> Graph:
    """The network with the pairs as one node each, where nothing else reads the first's result."""
    sweep = Sweep(graph)
    for old in graph:
        node = sweep.take(old)
        first = None if node.is_input else sweep.nodes[node.inputs[0]]
        if first is None or not is_pair(first, node):
            sweep.keep(node)
            continue
        reason = refusal(sweep, first, node) or _kept_apart(graph, old)
        if reason:
            log.skip(node.name, f"not computed with %{first.name}: {reason}")
            sweep.keep(node)
        else:
            log.change(node.name, f"computed behind %{first.name}, which is not stored")
            _join(sweep, first, node)
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
