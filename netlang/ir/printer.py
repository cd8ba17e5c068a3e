"""A graph as text; `netlang.ir.parser` reads it back to an equal graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netlang.ir.attributes import written
from netlang.ir.fused import FLOWING, Fused, Step
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op


def print_graph(graph: Graph) -> str:
    """The text of a graph: one line a node, with the weights that a pass has changed below it."""
    lines = [f"graph {graph.name} {{"]
    for node in graph.nodes:
        lines += _node(node)
    lines.append(f"  output %{graph.output}")
    lines += [f"  head {head.name} %{head.output} weight={head.weight!r}" for head in graph.heads]
    for kind, words in graph.recipes:
        lines.append(f"  recipe {kind} {{ {''.join(_word(word) for word in words)}}}")
    return "\n".join([*lines, "}", ""])


def _node(node: Node) -> Iterator[str]:
    calls = " -> ".join(_calls(node.op, [f"%{name}" for name in node.inputs]))
    yield f"  %{node.name} = {calls} : {node.type}"
    if node.derived:
        yield "    where " + ", ".join(f"{slot} = {expr}" for slot, expr in node.derived)


def _calls(op: Op, inputs: Sequence[str]) -> Iterator[str]:
    if not isinstance(op, Fused):
        yield _call(op, inputs)
        return
    yield _call(op.anchor, inputs[: op.anchor_arity])
    for step in op.steps:
        yield _call(step.op, _operands(step, inputs))


def _operands(step: Step, inputs: Sequence[str]) -> list[str]:
    return ["_" if i == FLOWING else inputs[i] for i in step.operands]


def _call(op: Op, inputs: Sequence[str]) -> str:
    return f"{op.name}({', '.join(inputs)}) {written(op)}".rstrip()


def _word(word: Any) -> str:
    return f"{word.word} {written(word)}".rstrip() + "; "
