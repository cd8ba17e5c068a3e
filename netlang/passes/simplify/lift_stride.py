"""A strided 1x1 looks at every n-th pixel, so no other is made: the stride moves up.

    %a = conv(%x) kernel=3x3, out=8                      %a = conv(%x) kernel=3x3, out=8, stride=2x2
    %b = add(%a, %y)                                     %s = subsample(%y) stride=2x2
    %c = conv(%b) kernel=1x1, out=4, stride=2x2   =>     %b = add(%a, %s)
                                                         %c = conv(%b) kernel=1x1, out=4

It moves through pointwise operators up to the convolution or pool that makes the value. What else
they read comes through a `subsample` where it has to be whole. In the paper's bottlenecks the first
1x1 of a stage has the stride (He et al. 2015, Table 1), so the last block of the stage ahead need
make only a quarter of the pixels of its last two layers.

Every n-th window begins where it began, so the padding ahead stays; that behind follows from the
size of the result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import gcd
from typing import Any, cast

from netlang.ir.attributes import Size, show
from netlang.ir.graph import Graph, Node
from netlang.ir.op import ShapeError, infer
from netlang.ir.types import TensorType
from netlang.ops.shape import Subsample
from netlang.ops.window import Windowed
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep

WHOLE: Size = (1, 1)


def lift_stride(graph: Graph, log: Log) -> Graph:
    """The network in which convolutions and pools make no pixel that nobody looks at."""
    lift = _Lift(graph, log)
    for node in graph:
        lift.visit(node)
    return lift.sweep.finish()


class _Lift:
    """A graph under construction.

    Of a value every `wanted` pixel is looked at, and every `made` one is there.
    """

    def __init__(self, graph: Graph, log: Log):
        self.graph, self.log = graph, log
        self.sweep = Sweep(graph)
        self.wanted = _wanted(graph)
        self.made = dict.fromkeys(self.wanted, WHOLE)
        self._samples: dict[tuple[str, Size], str] = {}

    def visit(self, old: Node) -> None:
        """Adds a node, at the stride at which it is wanted if that saves anything."""
        node, every = self.sweep.take(old), self.wanted[old.name]
        there = [self.made[name] for name in old.inputs]
        if isinstance(node.op, Windowed) and every == there[0] == WHOLE:
            self._explain(old)
            self.sweep.keep(node)
        elif isinstance(node.op, Windowed):
            self._stride(old, node, node.op)
        elif every != WHOLE and any(stride != WHOLE for stride in there):
            self._thin(old, node, there)
        else:
            self.sweep.keep(node)

    def _stride(self, old: Node, node: Node, op: Windowed) -> None:
        """Adds a node whose stride takes in what the input has left out and nobody wants."""
        every, (name,) = self.wanted[old.name], old.inputs
        before, x = self.graph[name].type, self.sweep.nodes[node.inputs[0]].type
        rows, columns = op.windows(before)
        own = rows.stride, columns.stride
        stride = _each(int.__floordiv__, _each(int.__mul__, own, every), self.made[name])
        target = infer(Subsample(every), (old.type,))
        new = _with_stride(op, stride, before, x, target)
        if new is None:
            self.log.skip(
                old.name, f"makes every pixel: no padding serves rows and columns at {show(every)}"
            )
            self.sweep.keep(node)
            return
        self.made[old.name] = every
        if stride == WHOLE and rows.is_point and columns.is_point and not op.weights((x,)):
            self.log.change(old.name, f"%{node.inputs[0]} comes at its stride")
            self.sweep.alias(old.name, node.inputs[0])
            return
        at = (
            f"makes one pixel in {show(every)}"
            if every != WHOLE
            else f"%{name} comes at its stride"
        )
        self.log.change(old.name, at)
        self.sweep.keep(replace(node, op=new, type=target))

    def _thin(self, old: Node, node: Node, there: list[Size]) -> None:
        """Adds a pointwise node of fewer pixels, and samples the inputs that have more."""
        every = self.made[old.name] = self.wanted[old.name]
        inputs = tuple(
            self._sample(name, _each(int.__floordiv__, every, stride))
            for name, stride in zip(node.inputs, there, strict=True)
        )
        types = tuple(self.sweep.nodes[name].type for name in inputs)
        self.log.change(old.name, f"makes one pixel in {show(every)}")
        self.sweep.keep(replace(node, inputs=inputs, type=infer(node.op, types)))

    def _sample(self, name: str, stride: Size) -> str:
        x = self.sweep.nodes[name]
        stride = _along(x.type, stride)
        if stride == WHOLE:
            return name
        if (name, stride) not in self._samples:
            op, new = Subsample(stride), self.sweep.fresh(f"{name}_subsample")
            self.sweep.keep(Node(new, op, (name,), infer(op, (x.type,)), origin=x.origin))
            self._samples[name, stride] = new
        return self._samples[name, stride]

    def _explain(self, node: Node) -> None:
        """Says why a node keeps a stride that leaves out pixels, if it has one."""
        (x,) = node.inputs
        if _along(self.graph[x].type, _reads(self.graph, node, WHOLE)) != WHOLE:
            self.log.skip(node.name, f"keeps its stride: {self._refusal(x)}")

    def _refusal(self, x: str) -> str:
        if self.wanted[x] != WHOLE:
            return f"'{self.graph[x].op.name}' (%{x}) cannot make less"
        if x in self.graph.results:
            return f"%{x} is a result of the network"
        for user in self.graph.users[x]:
            if _reads(self.graph, user, self.wanted[user.name]) == WHOLE:
                return f"%{user.name} reads all of %{x}"
        return f"together with others it reads all of %{x}"


def _wanted(graph: Graph) -> dict[str, Size]:
    """Every how many-th row and column of each value is looked at, by anybody."""
    wanted = dict.fromkeys(graph.results, WHOLE)
    for node in reversed(graph.nodes):
        every = wanted[node.name] = _along(node.type, wanted.get(node.name, WHOLE))
        for name in node.inputs:
            wanted[name] = _each(gcd, wanted.get(name, (0, 0)), _reads(graph, node, every))
    return wanted


def _reads(graph: Graph, node: Node, every: Size) -> Size:
    """What a node looks at of its inputs where `every` pixel of its result is wanted."""
    types = graph.types(node)
    if isinstance(node.op, Windowed):
        rows, columns = node.op.windows(types[0])
        return (
            rows.stride * every[0] if rows.is_point else 1,
            columns.stride * every[1] if columns.is_point else 1,
        )
    # A value of one pixel is spread over all of them.
    images = node.type.pixels, (1, 1)
    aligned = all(x.pixels in images for x in types)
    return every if node.op.pointwise and aligned else WHOLE


def _with_stride(
    op: Windowed, stride: Size, before: TensorType, x: TensorType, y: TensorType
) -> Windowed | None:
    """The operator with another stride, from `x` to `y`, its windows where they were on `before`.

    None where there is none: each axis has one, but `same` may be right for one alone.
    """
    corner = tuple(axis.before for axis in op.windows(before))
    kept = replace(cast(Any, op), stride=stride)
    # `same` and `ceil` look at the stride; the numbers that they came to do not.
    fixed = {key: value for key, value in (("pad", corner), ("ceil", False)) if hasattr(op, key)}
    candidates = (kept, replace(kept, **fixed))
    return next((new for new in candidates if _starts_at(new, corner, x, y)), None)


def _starts_at(op: Windowed, corner: tuple[int, ...], x: TensorType, y: TensorType) -> bool:
    """Whether an operator makes `y` of `x`, its first window at a corner."""
    try:
        made = op.infer((x,))
    except ShapeError:
        return False
    return made == y and tuple(axis.before for axis in op.windows(x)) == corner


def _along(x: TensorType, stride: Size) -> Size:
    """A stride over a value, 1 where there is nothing to step over."""
    return stride[0] if x.height > 1 else 1, stride[1] if x.width > 1 else 1


def _each(function: Callable[[int, int], int], a: Size, b: Size) -> Size:
    return function(a[0], b[0]), function(a[1], b[1])
