"""A scale, or a scale and a shift of each channel, folds into the product ahead of it or behind it.

    %conv = conv(%x) out=8, bias=off        %conv = conv(%x) out=8
    %bn = affine(%conv)                =>     where weight = scale_rows(conv.weight, bn.scale),
                                                    bias = bn.shift
    ahead:    s (W x + b) + t = (s W) x + (s b + t)
    behind:   W (s x + t) + b = (W s) x + (W t + b)

The product behind may be a linear layer that flattens, where a channel has a column for each pixel.
Around the edges of a convolution that pads are zeros, which a scale leaves alone but a shift does
not. Where two follow one another they become one, and a dropout that scales at inference is a
scale there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netlang.ir.graph import Graph, Node
from netlang.ir.types import Types
from netlang.ir.weights import DEEPEST, Derived, Expr, depth
from netlang.ops.norm import Affine
from netlang.ops.pointwise import Dropout, Scale
from netlang.ops.product import Product
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep, other_reader


@dataclass(frozen=True)
class Map:
    """scale * x + shift, a vector of the channels each; a number scales all alike, unshifted."""

    scale: Expr | float
    shift: Expr | None = None

    def then(self, after: Map) -> Map:
        """The map that does this one, then another."""
        return Map(_times(self.scale, after.scale), after.shifted(self.shift))

    def shifted(self, shift: Expr | None) -> Expr | None:
        """The shift that it makes of one ahead of it."""
        scaled = shift and Derived("mul", (shift, self.scale))
        return _sum(scaled, self.shift)


def fold_affine(graph: Graph, log: Log) -> Graph:
    """The network with its scales and shifts in the weights of products, where these take them."""
    sweep = Sweep(graph)
    for old in graph:
        node = _settled(sweep.take(old), log)
        merged = None
        if len(node.inputs) == 1 and not other_reader(graph, old.inputs[0], old):
            merged = _merged(sweep.nodes[node.inputs[0]], node, graph.types(old))
        if merged is None or any(depth(weight) > DEEPEST for _, weight in merged.derived):
            sweep.keep(node)
            continue
        producer = sweep.nodes.pop(node.inputs[0])
        gone = producer if merged.name == node.name else node
        log.change(gone.name, f"folded into %{merged.name}")
        sweep.keep(merged)
        sweep.alias(node.name, merged.name)
    folded = sweep.finish()
    for node in folded:
        if _map(node):
            log.skip(node.name, f"not folded: {'; '.join(_refusals(folded, node))}")
    return folded


def _settled(node: Node, log: Log) -> Node:
    if not isinstance(node.op, Dropout) or node.op.scale == "train":
        return node
    log.change(node.name, "a scale at inference")
    return replace(node, op=node.op.at_inference)


def _map(node: Node) -> Map | None:
    if isinstance(node.op, Affine):
        return Map(node.weight("scale"), node.weight("shift"))
    return Map(node.op.factor) if isinstance(node.op, Scale) else None


def _merged(producer: Node, node: Node, types: Types) -> Node | None:
    """What is left of a value and its reader, if one is a map that folds into the other."""
    before, after = _map(producer), _map(node)
    if after and isinstance(producer.op, Product):
        return _ahead(producer, producer.op, after)
    if before and after:
        return _written(producer, before.then(after))
    if before and isinstance(node.op, Product):
        takes = before.shift is None or not node.op.shift_refusal(types)
        return _behind(replace(node, inputs=producer.inputs), node.op, before) if takes else None
    return None


def _written(node: Node, map: Map) -> Node:
    if isinstance(map.scale, float):
        return replace(node, op=Scale(map.scale))
    assert map.shift
    return replace(node, op=Affine(), derived=(("scale", map.scale), ("shift", map.shift)))


def _ahead(node: Node, product: Product, map: Map) -> Node:
    weight = _scaled("scale_rows", node.weight("weight"), map.scale)
    return _product(node, product, weight, map.shifted(_bias(node, product)))


def _behind(node: Node, product: Product, map: Map) -> Node:
    weight = node.weight("weight")
    moved = map.shift and Derived("sum_rows", (_scaled("scale_columns", weight, map.shift),))
    weight = _scaled("scale_columns", weight, map.scale)
    return _product(node, product, weight, _sum(moved, _bias(node, product)))


def _product(node: Node, product: Product, weight: Expr, bias: Expr | None) -> Node:
    if bias is None:
        return replace(node, derived=(("weight", weight),))
    return replace(node, op=product.with_bias(), derived=(("weight", weight), ("bias", bias)))


def _bias(node: Node, product: Product) -> Expr | None:
    return node.weight("bias") if product.bias else None


def _scaled(function: str, weight: Expr, scale: Expr | float) -> Expr:
    return Derived("mul" if isinstance(scale, float) else function, (weight, scale))


def _times(a: Expr | float, b: Expr | float) -> Expr | float:
    if isinstance(a, float) and isinstance(b, float):
        return a * b
    return Derived("mul", (a, b))


def _sum(a: Expr | None, b: Expr | None) -> Expr | None:
    return Derived("add", (a, b)) if a and b else a or b


def _refusals(graph: Graph, node: Node) -> Iterator[str]:
    """Why neither the product ahead nor the one behind takes a map."""
    yield _refusal(graph, graph[node.inputs[0]], node)
    for reader in graph.users[node.name][:1]:
        yield _refusal(graph, reader, reader)


def _refusal(graph: Graph, product: Node, reader: Node) -> str:
    if not isinstance(product.op, Product):
        return f"%{product.name} is '{product.op.name}', which has no weights to scale"
    reason = other_reader(graph, reader.inputs[0], reader)
    return reason or f"%{product.name} {product.op.shift_refusal(graph.types(product))}"
