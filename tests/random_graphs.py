"""Random networks for tests that must hold for any graph."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from hypothesis import strategies as st

from netlang.ground.integers import ceil_div
from netlang.ir.graph import Graph, Head, Node, verify
from netlang.ir.op import Op, ShapeError, infer
from netlang.lower.shortcut import skip
from netlang.ops import OPS

PLAIN = "bn identity relu relu6 sigmoid tanh swish hardswish leaky_relu elu gelu hardsigmoid lrn softmax affine flatten"
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
    "slice": {"start": [0, 1], "channels": [2, 3, 4]},
    "zero_pad": {"before": [0, 0, 1], "after": [0, 3]},
    "split": {"parts": [1, 2], "part": [0, 1]},
    "shuffle": {"groups": [1, 2, 4]},
    "upsample": {"factor": [(1, 1), (1, 2)], "mode": ["nearest", "bilinear"]},
} | {name: {} for name in PLAIN.split()}
"""Operators of one input, in attributes that such an input often fits."""

PHRASES = """
conv bn; conv avgpool; conv bn avgpool; relu maxpool; affine linear; bn conv; scale dropout;
conv maxpool; maxpool conv; lrn maxpool; linear softmax; conv conv; conv bn relu; conv shortcut relu;
conv relu shortcut relu pick; maxpool affine pick; conv pick pick; conv shortcut pick; branches;
branches relu branches; conv project relu; conv project relu;
relu twin; stem; maxpool twin; conv gate maxpool
"""
"""What passes look for, which chance alone seldom puts side by side.

`pick` looks at single pixels; `shortcut` adds what the phrase began with, as option A has it, and
`project` as option C; `stem` looks at the image; `branches` joins several convolutions of one
value; `gate` weighs its channels; `twin` adds the same once more.
"""

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

    def shortcut(self, x: Node, y: Node) -> Node | None:
        """The sum of `y` and of what option A makes of `x`, where it fits."""
        try:
            _, around = skip("A", x.type, y.type)
        except ShapeError:
            return None
        for op in around:
            x = self.add(op, x) or x
        return self.add(OPS["add"](), x, y)

    def project(self, x: Node, y: Node) -> Node | None:
        """The sum of `y` and of a 1x1 convolution of `x`, at a stride that may fit."""
        stride = ceil_div(x.type.height, y.type.height), ceil_div(x.type.width, y.type.width)
        z = self.add(OPS["conv"]((1, 1), y.type.channels, stride), x)  # pyright: ignore[reportCallIssue]
        return self.add(OPS["add"](), y, z) if z else None

    def stem(self) -> Node | None:
        """A convolution of the image and its pool."""
        conv = self.add(OPS["conv"]((5, 5), 4), self.nodes[0])  # pyright: ignore[reportCallIssue]
        pool = OPS["maxpool"]((3, 3), (2, 2), (1, 1))  # pyright: ignore[reportCallIssue]
        return self.add(pool, conv) if conv else None

    def gate(self, y: Node) -> Node | None:
        """The product of a value and of a vector of its channels, which a linear layer makes."""
        mean = self.add(OPS["avgpool"]("global"), y)  # pyright: ignore[reportCallIssue]
        vector = mean and self.add(OPS["linear"](y.type.channels), mean)  # pyright: ignore[reportCallIssue]
        return self.add(OPS["mul"](), vector, y) if vector else None

    def twin(self, y: Node) -> Node | None:
        """The sum of a value and of the same computed once more."""
        inputs = [node for node in self.nodes if node.name in y.inputs]
        z = self.add(y.op, *inputs) if inputs else None
        return self.add(OPS["add"](), y, z) if z else None


@st.composite
def operators(draw: st.DrawFn, name: str) -> Op:
    """An operator of one input in some of its attributes."""
    if name == "pick":
        stride = draw(st.sampled_from([(2, 2), (2, 1), (3, 2), (1, 1)]))
        conv: dict[str, Any] = {"kernel": (1, 1), "out": 4, "stride": stride}
        kinds = [("conv", conv), ("maxpool", {"kernel": (1, 1), "stride": stride})]
        name, fields = draw(st.sampled_from([*kinds, ("subsample", {"stride": stride})]))
    else:
        fields = {field: draw(st.sampled_from(values)) for field, values in FIELDS[name].items()}
    if fields.get("kernel") == "global":
        fields |= {"stride": None, "pad": (0, 0)}
    return OPS[name](**fields)


def branches(draw: st.DrawFn, build: Builder, x: Node) -> Node | None:
    """Convolutions of `x` side by side, some behind another or a pool."""
    ends: list[Node] = []
    for path in draw(st.lists(st.sampled_from(["1", "1", "13", "15", "p1"]), min_size=2)):
        y = x
        for step in path:
            op = OPS["maxpool"]((3, 3), (1, 1), (1, 1))  # pyright: ignore[reportCallIssue]
            if step != "p":
                op = OPS["conv"]((int(step), int(step)), draw(st.integers(1, 5)))  # pyright: ignore[reportCallIssue]
            y = build.add(op, y) or y
        ends.append(y)
    return build.add(OPS["concat"](), *ends)


def phrase(draw: st.DrawFn, build: Builder, x: Node) -> None:
    """Adds operators that passes look for, each behind the last that fitted."""
    y = x
    for word in draw(st.sampled_from(PHRASES.split(";"))).split():
        if word == "shortcut":
            y = build.shortcut(x, y) or y
        elif word == "project":
            y = build.project(x, y) or y
        elif word == "stem":
            y = build.stem() or y
        elif word == "twin":
            y = build.twin(y) or y
        elif word == "gate":
            y = build.gate(y) or y
        elif word == "branches":
            y = branches(draw, build, y) or y
        else:
            y = build.add(draw(operators(word)), y) or y


@st.composite
def graphs(draw: st.DrawFn, most: int = 14) -> Graph:
    """A valid graph of one input, up to `most` steps, and now and then a head."""
    build = Builder()
    channels = draw(st.sampled_from([4, 4, 4, 3]))
    build.add(OPS["input"]((channels, 6, 6)))  # pyright: ignore[reportCallIssue]
    for _ in range(draw(st.integers(1, most))):
        # Recent values most of all: that makes chains, which passes are about.
        x = build.nodes[-1 - min(draw(st.integers(0, 8)) // 3, len(build.nodes) - 1)]
        kind = draw(st.integers(0, 7))
        other = draw(st.sampled_from(build.nodes))
        if kind <= 1:
            build.add(OPS[draw(st.sampled_from(JOINS))](), x, other)
        elif kind <= 3:
            phrase(draw, build, x)
        else:
            build.add(draw(operators(draw(st.sampled_from(list(FIELDS))))), x)
    heads = ()
    if draw(st.booleans()):
        heads = (Head("side", draw(st.sampled_from(build.nodes)).name, 0.3),)
    return verify(Graph("random", tuple(build.nodes), build.nodes[-1].name, heads))


WIDTHS = ("out", "channels", "start", "before", "after")
"""Attributes that count channels, where they are single numbers."""


def widened(graph: Graph, times: int) -> Graph:
    """The same network with so many times the channels everywhere."""
    nodes: dict[str, Node] = {}
    for node in graph:
        counts = {name: getattr(node.op, name, None) for name in WIDTHS}
        wide = {name: times * n for name, n in counts.items() if isinstance(n, int)}
        if not node.inputs:
            channels, *size = node.type.shape
            wide = {"shape": (times * channels, *size)}
        op = replace(cast(Any, node.op), **wide)
        types = tuple(nodes[name].type for name in node.inputs)
        nodes[node.name] = replace(node, op=op, type=infer(op, types))
    return verify(graph.with_nodes(tuple(nodes.values())))
