"""Pointwise operators join the operator whose result they read: one kernel, one trip to memory.

    %conv = conv(%x) out=8                  %conv = conv(%x) out=8 -> add(_, %y) -> relu(_)
    %sum = add(%conv, %y)            =>
    %relu = relu(%sum)

The fused node keeps the name of its first operator and stands where the last one stood, so that
every operand is there by then. A residual add goes to the later of its two sides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netlang.ir.fused import FLOWING, Fused, Step, anchor_of
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


def fuse_epilogue(graph: Graph, log: Log) -> Graph:
    """The network with every pointwise operator in an epilogue, where one takes it."""
    sweep = Sweep(graph)
    for old in graph:
        node = sweep.take(old)
        if not node.op.pointwise:
            sweep.keep(node)
            continue
        position, reasons = _host(sweep, old, node)
        if position is None:
            log.skip(node.name, f"not fused: {'; '.join(reasons)}")
            sweep.keep(node)
            continue
        host = sweep.nodes[node.inputs[position]]
        log.change(node.name, f"fused into %{host.name}")
        sweep.keep(_fused(host, node, graph.weights(old)))
        sweep.alias(node.name, host.name)
    return sweep.finish()


def _host(sweep: Sweep, old: Node, node: Node) -> tuple[int | None, list[str]]:
    """The position of the input whose maker takes `node`, or why none does."""
    reasons = [_refusal(sweep, old, node, i) for i in range(len(node.inputs))]
    able = [i for i, reason in enumerate(reasons) if not reason]
    best = max(able, key=lambda i: sweep.places[node.inputs[i]], default=None)
    return best, list(dict.fromkeys(reason for reason in reasons if reason))


def _refusal(sweep: Sweep, old: Node, node: Node, position: int) -> str:
    host = sweep.nodes[node.inputs[position]]
    if not takes_epilogue(host.op):
        return f"'{host.op.name}' (%{host.name}) takes no epilogue"
    if host.type != node.type:
        return f"%{host.name} is a {host.type}, and the result a {node.type}"
    return other_reader(sweep.graph, old.inputs[position], old)


def takes_epilogue(op: Op) -> bool:
    """Whether the kernel of an operator can end in pointwise steps."""
    anchor = anchor_of(op)
    return anchor.hosts_epilogue or anchor.pointwise


def _fused(host: Node, node: Node, slots: Iterable[str]) -> Node:
    op = host.op if isinstance(host.op, Fused) else Fused(host.op, (), len(host.inputs))
    inputs, operands = list(host.inputs), list[int]()
    for name in node.inputs:
        operands.append(FLOWING if name == host.name else len(inputs))
        if name != host.name:
            inputs.append(name)
    number = len(op.steps) + 1
    # The step's weights are named in full: by default they would be the host's.
    derived = tuple((f"{number}.{slot}", node.weight(slot)) for slot in slots)
    return replace(
        host,
        op=replace(op, steps=(*op.steps, Step(node.op, tuple(operands)))),
        inputs=tuple(inputs),
        derived=host.derived + derived,
    )
