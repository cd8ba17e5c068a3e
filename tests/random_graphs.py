"""Random networks for tests that must hold for any graph."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import strategies as st

import netlang.ops as _ops  # fills the registry of operators
from netlang.ir.graph import Graph, Head, Node, verify
from netlang.ir.op import OPS, Op, ShapeError, infer
from netlang.lower.shortcut import skip

assert _ops

UNARY = (
    "bn dropout identity relu relu6 sigmoid tanh swish hardswish lrn softmax affine flatten"
).split()
PRODUCTS_AND_POOLS = "conv conv linear maxpool avgpool adaptive_avgpool".split()
SHAPES = "split subsample zero_pad".split()
JOINS = ("add", "mul", "max", "concat")
# What passes are about comes seldom by chance: `shortcut` adds what the phrase began with, `pick` is
# what looks at single pixels.
PHRASES = (
    "conv bn relu;conv shortcut relu;conv relu shortcut relu pick;maxpool affine pick;"
    "conv pick pick;conv shortcut pick"
).split(";")


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

    def shortcut(self, x: Node, y: Node) -> Node | None:
        """The sum of `y` and of what option A makes of `x`, where it fits."""
        try:
            _, around = skip("A", x.type, y.type)
        except ShapeError:
            return None
        for op in around:
            x = self.add(op, x) or x
        return self.add(OPS["add"](), x, y)


@st.composite
def operators(draw: st.DrawFn, name: str) -> Op:
    """An operator of one input, in attributes that an image often fits."""
    if name == "pick":
        stride = draw(st.sampled_from([(2, 2), (2, 1), (3, 2), (1, 1)]))
        conv = OPS["conv"]((1, 1), 4, stride)  # type: ignore[call-arg]
        pool = OPS["maxpool"]((1, 1), stride)  # type: ignore[call-arg]
        return draw(st.sampled_from([conv, pool, OPS["subsample"](stride)]))  # type: ignore[call-arg]
    if name == "conv":
        out = draw(st.sampled_from([4, 4, 8]))
        kernel = draw(st.sampled_from([(1, 1), (3, 3), (1, 3), (2, 2)]))
        stride = draw(st.sampled_from([(1, 1), (1, 1), (2, 2)]))
        pad = draw(st.sampled_from(["half", "same", (0, 0), (2, 1)]))
        groups = draw(st.sampled_from([1, 1, 2, 4]))
        bias = draw(st.booleans())
        return OPS[name](kernel, out, stride, pad, (1, 1), groups, bias)  # type: ignore[call-arg]
    if name == "linear":
        return OPS[name](draw(st.sampled_from([4, 6])), draw(st.booleans()))  # type: ignore[call-arg]
    if name in ("maxpool", "avgpool"):
        kernel = draw(st.sampled_from(["global", (1, 1), (2, 2), (3, 3)]))
        stride = draw(st.sampled_from([None, (1, 1), (2, 2)]))
        return OPS[name](kernel, stride, (0, 0), draw(st.booleans()))  # type: ignore[call-arg]
    if name in ("adaptive_avgpool", "subsample"):
        return OPS[name](draw(st.sampled_from([(1, 1), (2, 2), (2, 3)])))  # type: ignore[call-arg]
    if name == "zero_pad":
        return OPS[name](draw(st.integers(0, 2)), draw(st.integers(0, 2)))  # type: ignore[call-arg]
    return OPS[name](2, draw(st.integers(0, 1))) if name == "split" else OPS[name]()  # type: ignore[call-arg]


def phrase(draw: st.DrawFn, build: Builder, x: Node) -> None:
    """Adds operators that passes look for, each behind the last that fitted."""
    y = x
    for word in draw(st.sampled_from(PHRASES)).split():
        y = (
            build.shortcut(x, y) if word == "shortcut" else build.add(draw(operators(word)), y)
        ) or y


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> Graph:
    """A valid graph of one input, of up to `most` operators and phrases, now and then a head."""
    build = Builder()
    build.add(OPS["input"]((4, 6, 6)))  # type: ignore[call-arg]
    for _ in range(draw(st.integers(1, most))):
        # Recent values most of all: that makes chains, which passes are about.
        x = build.nodes[-1 - min(draw(st.integers(0, 8)) // 3, len(build.nodes) - 1)]
        kind = draw(st.integers(0, 4))
        if kind > 1:
            name = draw(st.sampled_from([*PRODUCTS_AND_POOLS, *SHAPES, *UNARY]))
            build.add(draw(operators(name)), x)
        elif kind:
            phrase(draw, build, x)
        else:
            other = draw(st.sampled_from(build.nodes))
            build.add(OPS[draw(st.sampled_from(JOINS))](), x, other)
    heads = ()
    if draw(st.booleans()):
        heads = (Head("side", draw(st.sampled_from(build.nodes)).name, 0.3),)
    return verify(Graph("random", tuple(build.nodes), build.nodes[-1].name, heads))
