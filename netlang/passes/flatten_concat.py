"""A concat that only another concat reads becomes part of it.

    %c = concat(%a, %b)              %e = concat(%a, %b, %d)
    %e = concat(%c, %d)       =>

The planner places what is concatenated where it ends up; so there is one buffer to place it in.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ops.join import Concat
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


def flatten_concat(graph: Graph, log: Log) -> Graph:
    """The network without a concat whose sole reader is a concat."""
    sweep, parts = Sweep(graph), dict[str, tuple[str, ...]]()
    for old in graph:
        if not isinstance(old.op, Concat):
            sweep.keep(old)
            continue
        inputs = tuple(part for name in old.inputs for part in parts.get(name, (name,)))
        if _joins_another(graph, old, log):
            parts[old.name] = inputs
        else:
            sweep.keep(replace(old, inputs=inputs))
    return sweep.finish()


def _joins_another(graph: Graph, concat: Node, log: Log) -> bool:
    reader = next((n for n in graph.users[concat.name] if isinstance(n.op, Concat)), None)
    if reader is None:
        return False
    reason = other_reader(graph, concat.name, reader)
    if reason:
        log.skip(concat.name, f"not part of %{reader.name}: {reason}")
    else:
        log.change(concat.name, f"part of %{reader.name}")
    return not reason
