"""A projection shortcut joins the convolution that it is added to: two products, one accumulator.

    %p = conv(%x) kernel=1x1, out=256           %c = conv(%y) kernel=1x1, out=256
    %c = conv(%y) kernel=1x1, out=256      =>        + conv(%x) kernel=1x1, out=256 -> relu(_)
         -> add(_, %p) -> relu(_)                 where a.bias = add(c.bias, p.bias), ...

    (W y + b) + (V x + d) = [W V] [y; x] + (b + d)

The projection (He et al. 2015, section 3.3, option B) is more rows of one product then; what it
makes is neither written nor read again.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.ir.composite import Sum
from netlang.ir.fused import Fused, anchor_of, steps_of
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op
from netlang.ir.weights import Derived
from netlang.ops.conv import Conv
from netlang.ops.join import Add
from netlang.passes.report import Log
from netlang.passes.rewrite import Binding, Sweep, other_reader


def sum_products(graph: Graph, log: Log) -> Graph:
    """The network with sums of convolutions in one accumulator."""
    sweep = Sweep(graph)
    for old in graph:
        node = sweep.take(old)
        position = _addend(node)
        addend = sweep.nodes[node.inputs[position]] if position else None
        if not (position and addend and isinstance(addend.op, Conv)):
            sweep.keep(node)
            continue
        reason = _refusal(graph, old, node, addend)
        if reason:
            log.skip(node.name, f"not summed with %{addend.name}: {reason}")
            sweep.keep(node)
            continue
        log.change(addend.name, f"summed in the accumulator of %{node.name}")
        sweep.keep(_summed(sweep, node, addend, position))
        sweep.drop(addend.name)
    return sweep.finish()


def _addend(node: Node) -> int:
    """The input that the epilogue adds before anything else; 0 where there is none."""
    if not isinstance(anchor_of(node.op), Conv):
        return 0
    first = next(iter(steps_of(node.op)), None)
    if first is None or not isinstance(first.op, Add) or len(first.operands) != 2:
        return 0
    # A value that is added to itself has no other operand.
    return max(0, *first.operands)


def _refusal(graph: Graph, old: Node, node: Node, addend: Node) -> str:
    if addend.type != node.type:
        return f"it is a {addend.type} that is spread over {node.type}"
    grouped = [op for op in (anchor_of(node.op), addend.op) if isinstance(op, Conv)]
    if any(op.groups > 1 for op in grouped):
        return "a product in groups has an accumulator a group"
    if node.inputs.count(addend.name) > 1:
        return f"%{node.name} reads it otherwise too"
    return other_reader(graph, addend.name, old)


def _summed(sweep: Sweep, node: Node, addend: Node, position: int) -> Node:
    first, second = anchor_of(node.op), addend.op
    assert isinstance(first, Conv)
    assert isinstance(second, Conv)
    bias = first.bias or second.bias
    op: Op = Sum((replace(first, bias=bias), replace(second, bias=False)))
    # What the addend reads takes the place of the addend: the steps' operands keep their numbers.
    steps = steps_of(node.op)[1:]
    others = [name for i, name in enumerate(node.inputs) if i not in (0, position)]
    return replace(
        node,
        op=Fused(op, steps, 2) if steps else op,
        inputs=(node.inputs[0], addend.inputs[0], *others),
        derived=_bindings(sweep, node, addend),
    )


def _bindings(sweep: Sweep, node: Node, addend: Node) -> tuple[Binding, ...]:
    own, its = dict(sweep.bindings(node)), dict(sweep.bindings(addend))
    biases = [weights["bias"] for weights in (own, its) if "bias" in weights]
    bias = Derived("add", tuple(biases)) if len(biases) == 2 else (biases or [None])[0]
    # The epilogue has one step less than it had.
    steps = {slot: expr for slot, expr in own.items() if slot[0].isdigit()}
    rest = tuple((_earlier(slot), expr) for slot, expr in steps.items())
    return (
        ("a.weight", own["weight"]),
        *((("a.bias", bias),) if bias else ()),
        ("b.weight", its["weight"]),
        *rest,
    )


def _earlier(slot: str) -> str:
    number, _, name = slot.partition(".")
    return f"{int(number) - 1}.{name}"
