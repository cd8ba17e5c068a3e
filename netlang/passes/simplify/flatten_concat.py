"""A concat that only another concat reads becomes part of it.

    %c = concat(%a, %b)              %e = concat(%a, %b, %d)
    %e = concat(%c, %d)       =>

The planner places what is concatenated where it ends up; so there is one buffer to place it in.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph
from netlang.ops.join import Concat
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


def flatten_concat(graph: Graph, log: Log) -> Graph:
    """The network without a concat whose sole reader is a concat."""
    homes = _homes(graph, log)
    sweep, parts = Sweep(graph), dict[str, tuple[str, ...]]()
    for node in graph:
        inputs = tuple(part for name in node.inputs for part in parts.get(name, (name,)))
        if node.name in homes:
            parts[node.name] = inputs
        else:
            sweep.keep(node if inputs == node.inputs else replace(node, inputs=inputs))
    return sweep.finish()


def _homes(graph: Graph, log: Log) -> dict[str, str]:
    """The concat in which each concat ends up that leaves, by the name of that one.

    Readers come first, so that those that end up in one concat are one reader.
    """
    homes: dict[str, str] = {}
    for node in reversed(graph.nodes):
        readers = graph.users[node.name]
        reader = next((n for n in readers if isinstance(n.op, Concat)), None)
        if not isinstance(node.op, Concat) or reader is None:
            continue
        home = homes.get(reader.name, reader.name)
        there = [n for n in readers if homes.get(n.name, n.name) == home]
        reason = other_reader(graph, node.name, *there)
        if reason:
            log.skip(node.name, f"not part of %{home}: {reason}")
        else:
            log.change(node.name, f"part of %{home}")
            homes[node.name] = home
    return homes
