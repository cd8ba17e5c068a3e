"""A sum reads the shortcut of option A where it lies, and nobody copies it.

    %a = subsample(%x) stride=2x2           %sum = shortcut_add(%v, %x) stride=2x2, after=16
    %b = zero_pad(%a) after=16        =>
    %sum = add(%v, %b)

Either of the two may be missing. They go with the sum, so nobody else may read them.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ops.join import Add, ShortcutAdd
from netlang.ops.shape import Subsample, ZeroPad
from netlang.passes.report import Log
from netlang.passes.rewrite import other_reader


def fold_shortcut(graph: Graph, log: Log) -> Graph:
    """The network whose sums pick rows, columns and channels of their shortcuts themselves."""
    sums: dict[str, Node] = {}
    gone: set[str] = set()
    for node in graph:
        for shortcut in _shortcuts(graph, node):
            reason = _refusal(graph, node, shortcut)
            if reason:
                log.skip(node.name, f"%{shortcut.name} stays a copy: {reason}")
                continue
            way = _way(graph, shortcut)
            gone.update(each.name for each in way)
            sums[node.name] = _folded(node, way)
            log.change(node.name, f"reads %{way[-1].inputs[0]} in place of %{shortcut.name}")
            break
    return graph.with_nodes(tuple(sums.get(n.name, n) for n in graph if n.name not in gone))


def _shortcuts(graph: Graph, node: Node) -> tuple[Node, ...]:
    """The operands of a sum that are copies, the last one first."""
    if not isinstance(node.op, Add):
        return ()
    operands = (graph[name] for name in dict.fromkeys(reversed(node.inputs)))
    return tuple(each for each in operands if isinstance(each.op, Subsample | ZeroPad))


def _refusal(graph: Graph, node: Node, shortcut: Node) -> str:
    if len(node.inputs) != 2:
        return f"the sum is of {len(node.inputs)} values"
    if len(set(graph.types(node))) > 1:
        return "one of the two is spread over the other"
    if node.inputs == (shortcut.name,) * 2:
        return "it is added to itself"
    return other_reader(graph, shortcut.name, node)


def _way(graph: Graph, shortcut: Node) -> tuple[Node, ...]:
    """The nodes that go with the sum, the one that it reads first."""
    first = graph[shortcut.inputs[0]]
    is_second = isinstance(shortcut.op, ZeroPad) and isinstance(first.op, Subsample)
    if is_second and not other_reader(graph, first.name, shortcut):
        return shortcut, first
    return (shortcut,)


def _folded(node: Node, way: tuple[Node, ...]) -> Node:
    op = ShortcutAdd()
    for each in way:
        # It has the attributes of both.
        op = replace(op, **vars(each.op))
    (v,) = (name for name in node.inputs if name != way[0].name)
    return replace(node, op=op, inputs=(v, way[-1].inputs[0]))
