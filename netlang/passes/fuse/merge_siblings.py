"""Convolutions that read one value alike become one, which writes to several places.

    %a = conv(%x) kernel=1x1, out=64            %abc = conv(%x) kernel=1x1, out=176
    %b = conv(%x) kernel=1x1, out=96       =>     where weight = stack(a.weight, b.weight, ...)
    %c = conv(%x) kernel=1x1, out=16            %a = slice(%abc) start=0, channels=64
                                                %b = slice(%abc) start=64, channels=96
                                                %c = slice(%abc) start=160, channels=16

The three 1x1 of an inception module (Szegedy et al. 2014, figure 2b) read their input once so.
Their results need not lie together: the planner lets each slice be where its readers want it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netlang.ir.fused import FLOWING, Fused, anchor_of, steps_of
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op
from netlang.ir.pieces import joined
from netlang.ir.weights import Derived
from netlang.ops.conv import Conv
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def merge_siblings(graph: Graph, log: Log) -> Graph:
    """The network with convolutions of one input and one geometry as one."""
    families = _families(graph)
    sweep = Sweep(graph)
    for node in graph:
        siblings = families.get(node.name, [node])
        if len(siblings) == 1:
            sweep.keep(sweep.take(node))
        elif node is siblings[0]:
            taken = [sweep.take(sibling) for sibling in siblings]
            sweep.keep_slices(_merged(sweep, taken), taken)
            for sibling in siblings[1:]:
                log.change(sibling.name, f"computed with %{node.name}, which reads the same")
    return sweep.finish()


def _families(graph: Graph) -> dict[str, list[Node]]:
    """The convolutions that read the same in the same way, by the name of each of them."""
    families: dict[Any, list[Node]] = {}
    for node in graph:
        key = _geometry(node)
        if key is not None:
            families.setdefault(key, []).append(node)
    return {node.name: family for family in families.values() for node in family}


def _geometry(node: Node) -> Any:
    """What must be the same in siblings; None where a node is none."""
    anchor, steps = anchor_of(node.op), steps_of(node.op)
    if not isinstance(anchor, Conv) or anchor.groups > 1:
        return None
    if any(operand != FLOWING for step in steps for operand in step.operands):
        return None
    return node.inputs, replace(anchor, out=1), steps


def _merged(sweep: Sweep, siblings: Sequence[Node]) -> Node:
    first = siblings[0]
    type = joined([sibling.type for sibling in siblings])
    each = [dict(sweep.bindings(sibling)) for sibling in siblings]
    derived = [(slot, Derived("stack", tuple(own[slot] for own in each))) for slot in each[0]]
    return replace(
        first,
        name=sweep.fresh(f"{first.name}_siblings"),
        op=_wider(first.op, type.channels),
        type=type,
        derived=tuple(derived),
    )


def _wider(op: Op, channels: int) -> Op:
    anchor = anchor_of(op)
    assert isinstance(anchor, Conv)
    anchor = replace(anchor, out=channels)
    return replace(op, anchor=anchor) if isinstance(op, Fused) else anchor
