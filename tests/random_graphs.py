"""Random networks for tests that must hold for any graph."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

import netlang.ops as _ops  # fills the registry of operators
from netlang.ir.graph import Graph, Head, Node, verify
from netlang.ir.op import OPS, Op, ShapeError, infer
from netlang.ir.types import TensorType

assert _ops

UNARY = (
    "bn dropout identity relu relu6 sigmoid tanh swish hardswish lrn softmax affine flatten"
).split()
JOINS = ("add", "mul", "max", "concat")


@dataclass
class Builder:
    """A graph that grows a node at a time."""

    nodes: list[Node] = field(default_factory=list[Node])

    def add(self, op: Op, *inputs: Node) -> Node | None:
        """A node, or None where the operator cannot take such inputs."""
        try:
            output = infer(op, tuple(x.type for x in inputs))
        except ShapeError:
            return None
        name = f"{op.name}_{len(self.nodes)}"
        self.nodes.append(Node(name, op, tuple(x.name for x in inputs), output))
        return self.nodes[-1]


@st.composite
def operators(draw: st.DrawFn, x: TensorType) -> Op:
    """An operator of one input, in attributes that such an input often fits."""
    name = draw(st.sampled_from(["conv", "conv", "linear", "maxpool", "avgpool", "split", *UNARY]))
    if name == "conv":
        kernel = draw(st.sampled_from([(1, 1), (3, 3), (1, 3), (2, 2)]))
        stride = draw(st.sampled_from([(1, 1), (1, 1), (2, 2)]))
        pad = draw(st.sampled_from(["half", "same", (0, 0), (2, 1)]))
        groups = draw(st.sampled_from([1, 1, 2, 4]))
        bias = draw(st.booleans())
        return OPS[name](kernel, 4, stride, pad, (1, 1), groups, bias)  # type: ignore[call-arg]
    if name == "linear":
        return OPS[name](draw(st.sampled_from([4, 6])), draw(st.booleans()))  # type: ignore[call-arg]
    if name in ("maxpool", "avgpool"):
        kernel = draw(st.sampled_from(["global", (2, 2), (3, 3)]))
        stride = draw(st.sampled_from([None, (1, 1), (2, 2)]))
        return OPS[name](kernel, stride, (0, 0), draw(st.booleans()))  # type: ignore[call-arg]
    return OPS[name](2, draw(st.integers(0, 1))) if name == "split" else OPS[name]()  # type: ignore[call-arg]


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> Graph:
    """A valid graph of one input, up to `most` operators, and now and then a head."""
    build = Builder()
    build.add(OPS["input"]((4, 6, 6)))  # type: ignore[call-arg]
    for _ in range(draw(st.integers(1, most))):
        # Recent values most of all: that makes chains, which passes are about.
        x = build.nodes[-1 - min(draw(st.integers(0, 8)) // 3, len(build.nodes) - 1)]
        if draw(st.integers(0, 3)):
            build.add(draw(operators(x.type)), x)
        else:
            other = draw(st.sampled_from(build.nodes))
            build.add(OPS[draw(st.sampled_from(JOINS))](), x, other)
    heads = ()
    if draw(st.booleans()):
        heads = (Head("side", draw(st.sampled_from(build.nodes)).name, 0.3),)
    return verify(Graph("random", tuple(build.nodes), build.nodes[-1].name, heads))
