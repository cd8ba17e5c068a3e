"""A graph as text; `netlang.lower.printed` reads it back to an equal graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from netlang.ir.attributes import written
from netlang.ir.composite import Composite
from netlang.ir.fused import Fused
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
    body = _body(node.op, [f"%{name}" for name in node.inputs])
    yield f"  %{node.name} = {body} : {node.type}"
    if node.derived:
        yield "    where " + ", ".join(f"{slot} = {expr}" for slot, expr in node.derived)


def _body(op: Op, inputs: Sequence[str]) -> str:
    if isinstance(op, Fused):
        anchor = _body(op.anchor, inputs[: op.anchor_arity])
        steps = [_call(step.op, step.pick("_", inputs)) for step in op.steps]
        return " -> ".join((anchor, *steps))
    if not isinstance(op, Composite):
        return _call(op, inputs)
    operands = op.operands(inputs, "_")
    return op.sign.join(map(_body, op.parts, operands))


def _call(op: Op, inputs: Sequence[str]) -> str:
    return f"{op.name}({', '.join(inputs)}) {written(op)}".rstrip()


def _word(word: Any) -> str:
    return f"{word.word} {written(word)}".rstrip() + "; "
