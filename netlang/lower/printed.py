"""Reads a printed graph. The text is netlang's own, but people write it too, in tests of passes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from netlang.diagnostic import Source, Span, did_you_mean, error, near_or_all
from netlang.ground.resources import grammar
from netlang.ir.attributes import Value, attributes
from netlang.ir.composite import Chain, Sum, Together
from netlang.ir.fused import FLOWING, Fused, Step
from netlang.ir.graph import Graph, Head, Node
from netlang.ir.op import Op
from netlang.ir.types import TensorType
from netlang.ir.weights import DEEPEST, FUNCTIONS, Derived, Ref
from netlang.ops import OPS
from netlang.recipe import all_words

if TYPE_CHECKING:
    from lark import Token, Tree

Call = tuple[Op, list[str]]
"""An operator and the operands as written: `%name` or `_`."""


def parse_graph(text: str, name: str = "<graph>") -> Graph:
    """The graph of a printed text.

    Raises `NetError` where the text is not a graph. Types are taken as written: `verify` checks
    them.
    """
    from lark.exceptions import UnexpectedInput

    source = Source(name, text)
    try:
        tree = _lark().parse(text)
    except UnexpectedInput as problem:
        start = problem.pos_in_stream or 0
        raise error("this is not a printed graph", Span(source, start, start + 1)) from None
    return _Reader(source).graph(tree)


@cache
def _lark() -> Any:
    from lark import Lark

    return Lark(grammar("ir").read_text(), parser="lalr", maybe_placeholders=False)


class _Reader:
    """Turns the syntax tree of a printed graph into the graph."""

    def __init__(self, source: Source):
        self.source = source

    def graph(self, tree: Any) -> Graph:
        name, *parts = tree.children
        by_rule: dict[str, list[Any]] = {"node": [], "output": [], "head": [], "recipe": []}
        for part in parts:
            by_rule[str(part.data)].append(part)
        return Graph(
            name=str(name),
            nodes=tuple(map(self.node, by_rule["node"])),
            output=_name(by_rule["output"][0].children[0]),
            heads=tuple(map(self.head, by_rule["head"])),
            recipes=tuple(map(self.recipe, by_rule["recipe"])),
        )

    def node(self, tree: Any) -> Node:
        target = _name(tree.children[0])
        (body,) = [part for part in tree.children if _is(part, "together")]
        op, inputs = self.together(body)
        (shape,) = [part.children[0] for part in tree.children if _is(part, "type")]
        bindings = [b for part in tree.children if _is(part, "weights") for b in part.children]
        return Node(
            target,
            op,
            tuple(name for name in inputs if name != "_"),
            self.type(shape),
            tuple((str(b.children[0]), self.expr(b.children[1])) for b in bindings),
        )

    def type(self, shape: Token) -> TensorType:
        if not re.fullmatch(r"\d+(x\d+)*", shape):
            raise error(f"a type is whole numbers such as 8x4x4, not {shape}", self.span(shape))
        return TensorType(_dims(shape))

    def together(self, tree: Any) -> Call:
        return _composed(Together, [self.chain(part) for part in tree.children])

    def chain(self, tree: Any) -> Call:
        parts = [self.fused(part) for part in tree.children if _is(part, "fused")]
        for _, operands in parts[1:]:
            if operands[:1] != ["_"]:
                raise error("behind '=>' an operator reads '_' first", self.span(_first(tree)))
        return _composed(partial(Chain, keep=len(tree.children) > len(parts)), parts)

    def fused(self, tree: Any) -> Call:
        anchor, *steps = tree.children
        return _fused(self.sum(anchor), [self.call(step) for step in steps])

    def sum(self, tree: Any) -> Call:
        return _composed(Sum, [self.call(part) for part in tree.children])

    def call(self, tree: Any) -> Call:
        callee, *parts = tree.children
        operands = [part.children[0] for part in parts if _is(part, "operand")]
        settings = [part for part in parts if _is(part, "setting")]
        names = [_name(token) if token.type == "VALUE" else "_" for token in operands]
        op = self.build(callee, OPS, "layer", settings)
        if op.arity is not None and len(names) != op.arity:
            message = f"'{callee}' reads {op.arity} value(s), and gets {len(names)}"
            raise error(message, self.span(callee))
        return op, names

    def head(self, tree: Any) -> Head:
        name, value, weight = tree.children
        return Head(str(name), _name(value), float(weight))

    def recipe(self, tree: Any) -> tuple[str, tuple[Any, ...]]:
        kind, *given = tree.children
        words = all_words()
        return str(kind), tuple(
            self.build(word.children[0], words, "recipe word", word.children[1:]) for word in given
        )

    def build(self, name: Token, known: Mapping[str, type], what: str, settings: list[Any]) -> Any:
        if str(name) not in known:
            message = f"there is no {what} '{name}'"
            raise error(message, self.span(name), help=did_you_mean(str(name), known))
        cls = known[str(name)]
        fields: dict[str, Any] = {}
        for setting in settings:
            key, value = setting.children
            if str(key) in fields:
                raise error(f"'{key}' is given twice", self.span(key))
            fields[str(key)] = self.read(cls, key, value.children[0])
        missing = [a.name for a in attributes(cls) if a.required and a.name not in fields]
        if missing:
            raise error(f"'{name}' needs '{missing[0]}'", self.span(name))
        return cls(**fields)

    def read(self, cls: type, key: Token, token: Token) -> Any:
        known = {a.name: a for a in attributes(cls)}
        if str(key) not in known:
            raise error(f"there is no attribute '{key}' here", self.span(key))
        kind = known[str(key)].kind
        try:
            return kind.read(_value(token))
        except ValueError:
            raise error(f"'{key}' is {kind.what}, not {token}", self.span(token)) from None

    def expr(self, tree: Any, depth: int = 0) -> Any:
        if tree.data == "ref":
            return Ref(str(tree.children[0]))
        if tree.data == "number":
            return float(tree.children[0])
        function, *arguments = tree.children
        if str(function) not in FUNCTIONS:
            help = near_or_all(str(function), FUNCTIONS)
            raise error(f"no weight is made with '{function}'", self.span(function), help=help)
        if depth == DEEPEST:
            help = "give the inner part as a weight of the checkpoint"
            message = f"functions nest more than {DEEPEST} deep"
            raise error(message, self.span(function), help=help)
        deeper = depth + 1
        return Derived(str(function), tuple(self.expr(each, deeper) for each in arguments))

    def span(self, token: Token) -> Span:
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)


def _fused(anchor: Call, rest: list[Call]) -> Call:
    op, operands = anchor
    position, inputs, steps = len(operands), list(operands), list[Step]()
    for step, names in rest:
        indices = list[int]()
        for name in names:
            indices.append(FLOWING if name == "_" else position)
            position += name != "_"
        steps.append(Step(step, tuple(indices)))
        inputs += [name for name in names if name != "_"]
    return (Fused(op, tuple(steps), len(operands)) if steps else op), inputs


def _composed(kind: Callable[[tuple[Op, ...]], Op], parts: list[Call]) -> Call:
    """The parts as one operator, where there are several; `_` is the result of the part ahead."""
    ops = [op for op, _ in parts]
    names = [name for _, names in parts for name in names]
    return (kind(tuple(ops)) if len(ops) > 1 else ops[0]), names


def _first(tree: Any) -> Token:
    """The first token of a part."""
    part = tree.children[0]
    return part if hasattr(part, "start_pos") else _first(part)


def _is(part: Tree[Any] | Token, rule: str) -> bool:
    return getattr(part, "data", None) == rule


def _name(token: Token) -> str:
    return token.removeprefix("%")


def _dims(token: Token) -> tuple[int, ...]:
    return tuple(map(int, token.split("x")))


def _value(token: Token) -> Value:
    if token.type == "SIZE":
        return _dims(token)
    if token.type == "NUMBERS":
        return tuple(map(float, token.split(":")))
    if token.type == "NUMBER":
        return _number(token)
    return {"on": True, "off": False}.get(str(token), str(token))


def _number(token: Token) -> int | float:
    try:
        return int(token)
    except ValueError:
        return float(token)
