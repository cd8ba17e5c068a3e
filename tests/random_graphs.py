"""Random networks for tests that must hold for any graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

import netlang.ops as _ops  # fills the registry of operators
from netlang.ir.graph import Graph, Head, Node, verify
from netlang.ir.op import OPS, Op, ShapeError, infer

assert _ops

PLAIN = "bn identity relu relu6 sigmoid tanh swish hardswish lrn softmax affine flatten"
FIELDS: dict[str, dict[str, list[Any]]] = {
    "conv": {
        "kernel": [(1, 1), (1, 1), (3, 3), (1, 3), (2, 2)],
        "out": [4],
        "stride": [(1, 1), (1, 1), (2, 2)],
        "pad": ["half", "same", (0, 0), (2, 1)],
        "groups": [1, 1, 2, 4],
        "bias": [True, False],
    },
    "linear": {"out": [4, 6], "bias": [True, False]},
    "maxpool": {
        "kernel": ["global", (1, 1), (2, 2), (3, 3)],
        "stride": [None, (1, 1), (2, 2)],
        "pad": [(0, 0), (0, 0), "half", "same"],
        "ceil": [True, False],
    },
    "avgpool": {
        "kernel": ["global", (1, 1), (2, 2), (3, 3)],
        "stride": [None, (1, 1), (2, 2)],
        "pad": [(0, 0), (0, 0), "half"],
        "ceil": [True, False],
        "count_pad": [True, False],
    },
    "adaptive_avgpool": {"out": [(1, 1), (2, 3), (3, 3), (6, 6)]},
    "scale": {"factor": [0.5, 3.0, -0.7]},
    "dropout": {"rate": [0.5, 0.2], "scale": ["train", "test"]},
    "subsample": {"stride": [(1, 1), (2, 2), (1, 2)]},
    "zero_pad": {"before": [0, 0, 1], "after": [0, 3]},
    "split": {"parts": [1, 2], "part": [0, 1]},
    "shuffle": {"groups": [1, 2, 4]},
    "upsample": {"factor": [(1, 1), (1, 2)], "mode": ["nearest", "bilinear"]},
} | {name: {} for name in PLAIN.split()}
"""Operators of one input, in attributes that such an input often fits."""

CHAINS = (
    ("conv", "bn"),
    ("conv", "avgpool"),
    ("relu", "maxpool"),
    ("affine", "linear"),
    ("bn", "conv"),
    ("scale", "dropout"),
)
"""What passes look for, which chance alone seldom puts side by side."""

JOINS = ("add", "mul", "max", "concat", "concat")


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
def operators(draw: st.DrawFn, name: str) -> Op:
    """An operator of one input in some of its attributes."""
    fields = {field: draw(st.sampled_from(values)) for field, values in FIELDS[name].items()}
    return OPS[name](**fields)


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> Graph:
    """A valid graph of one input, up to `most` steps, and now and then a head."""
    build = Builder()
    build.add(OPS["input"]((4, 6, 6)))  # type: ignore[call-arg]
    for _ in range(draw(st.integers(1, most))):
        # Recent values most of all: that makes chains, which passes are about.
        x = build.nodes[-1 - min(draw(st.integers(0, 8)) // 3, len(build.nodes) - 1)]
        kind = draw(st.integers(0, 7))
        other = draw(st.sampled_from(build.nodes))
        if kind == 0 and other.inputs:
            # The same once more: what owns no weights is equal.
            build.add(other.op, *(y for y in build.nodes if y.name in other.inputs))
        elif kind <= 2:
            build.add(OPS[draw(st.sampled_from(JOINS))](), x, other)
        else:
            chains = CHAINS if kind <= 4 else [(name,) for name in FIELDS]
            for name in draw(st.sampled_from(chains)):
                x = build.add(draw(operators(name)), x) or x
    heads = ()
    if draw(st.booleans()):
        heads = (Head("side", draw(st.sampled_from(build.nodes)).name, 0.3),)
    return verify(Graph("random", tuple(build.nodes), build.nodes[-1].name, heads))
