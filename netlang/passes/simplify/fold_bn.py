"""Batch norm at inference is a scale and a shift.

    %bn = bn(%x)            =>      %bn = affine(%x)
                                      where scale = s, shift = sub(bn.bias, mul(bn.running_mean, s))

    bn(x) = g (x - m) / sqrt(v + eps) + h
          = s x + h - m s      with s = g / sqrt(v + eps)

The statistics are those of training, so this holds at inference alone.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ir.weights import Derived, Expr
from netlang.ops.norm import Affine, BatchNorm
from netlang.passes.report import Log


def fold_bn(graph: Graph, log: Log) -> Graph:
    """The network without batch norms."""
    nodes: list[Node] = []
    for node in graph:
        if isinstance(node.op, BatchNorm):
            log.change(node.name, "a scale and a shift")
            node = replace(node, op=Affine(), derived=_folded(node, node.op.eps))
        nodes.append(node)
    return graph.with_nodes(tuple(nodes))


def _folded(bn: Node, eps: float) -> tuple[tuple[str, Expr], ...]:
    deviation = Derived("inverse_deviation", (bn.weight("running_var"), eps))
    scale = Derived("mul", (bn.weight("weight"), deviation))
    moved = Derived("mul", (bn.weight("running_mean"), scale))
    return ("scale", scale), ("shift", Derived("sub", (bn.weight("bias"), moved)))
