"""Batch norm at inference is a scale and a shift, and folds into the product ahead of it.

    %conv = conv(%x) out=8, bias=off        %conv = conv(%x) out=8
    %bn = bn(%conv)                    =>     where weight = scale_rows(conv.weight, s),
                                                    bias = sub(bn.bias, mul(bn.running_mean, s))

    bn(W x + b) = g (W x + b - m) / sqrt(v + eps) + h
                = (s W) x + h + s (b - m)      with s = g / sqrt(v + eps)

The statistics are those of training, so this holds at inference alone. Where there is no product
to fold into, the batch norm becomes an `affine`, which an epilogue can take.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.graph import Graph, Node
from netlang.ir.weights import Derived, Expr
from netlang.ops.norm import Affine, BatchNorm
from netlang.ops.product import Product
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


def fold_bn(graph: Graph, log: Log) -> Graph:
    """The network without batch norms."""
    sweep = Sweep(graph)
    for old in graph:
        node = sweep.take(old)
        if not isinstance(node.op, BatchNorm):
            sweep.keep(node)
            continue
        producer = sweep.nodes[node.inputs[0]]
        reason = _refusal(graph, old, producer)
        if reason:
            log.skip(node.name, f"not folded: {reason}")
            sweep.keep(_affine(node, node.op))
        else:
            log.change(node.name, f"folded into %{producer.name}")
            sweep.keep(_folded(producer, node, node.op))
            sweep.alias(node.name, producer.name)
    return sweep.finish()


def _refusal(graph: Graph, bn: Node, producer: Node) -> str:
    if not isinstance(producer.op, Product):
        return f"%{producer.name} is '{producer.op.name}', which has no weights to scale"
    return other_reader(graph, bn.inputs[0], bn)


def _scale(bn: Node, eps: float) -> Expr:
    deviation = Derived("inverse_deviation", (bn.weight("running_var"), eps))
    return Derived("mul", (bn.weight("weight"), deviation))


def _shift(bn: Node, scale: Expr, bias: Expr | None) -> Expr:
    mean = bn.weight("running_mean")
    if bias is None:
        return Derived("sub", (bn.weight("bias"), Derived("mul", (mean, scale))))
    centred = Derived("sub", (bias, mean))
    return Derived("add", (bn.weight("bias"), Derived("mul", (centred, scale))))


def _folded(producer: Node, bn: Node, op: BatchNorm) -> Node:
    assert isinstance(producer.op, Product)
    scale = _scale(bn, op.eps)
    bias = producer.weight("bias") if producer.op.bias else None
    weights = (
        ("weight", Derived("scale_rows", (producer.weight("weight"), scale))),
        ("bias", _shift(bn, scale, bias)),
    )
    return replace(producer, op=producer.op.with_bias(), derived=weights)


def _affine(bn: Node, op: BatchNorm) -> Node:
    scale = _scale(bn, op.eps)
    weights = (("scale", scale), ("shift", _shift(bn, scale, None)))
    return replace(bn, op=Affine(), derived=weights)
