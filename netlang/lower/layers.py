"""Puts layers into the graph: one node each, with a name, a type and an origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netlang.diagnostic import Diagnostic, Label, NetError, Span, error
from netlang.ir.graph import Node
from netlang.ir.op import Op, ShapeError, infer
from netlang.lower import bind
from netlang.lower.flow import LOST, Frame, Lost, Value
from netlang.lower.ledger import Ledger
from netlang.lower.names import Names, Path
from netlang.syntax import ast


@dataclass
class Layers:
    """The nodes so far."""

    ledger: Ledger
    names: Names = field(default_factory=Names)
    nodes: list[Node] = field(default_factory=list[Node])

    def name(self, frame: Frame, alias: ast.Name | None, kind: str) -> Path:
        """The name that `as` gives, or else a numbered one."""
        if alias:
            return self.names.given(frame.path, alias.name)
        return self.names.numbered(frame.path, kind)

    def input(self, op: Op, callee: ast.Name, frame: Frame, alias: ast.Name | None) -> Node:
        """The value that the network is given."""
        if self.nodes:
            first = Label(self.nodes[0].origin[0].span, "the first")
            message = "a net has one input, and this is another"
            raise NetError(Diagnostic(message, callee.span, "the second", related=(first,)))
        path = self.names.given((), alias.name if alias else "input")
        return self._add(path, op, (), callee.span, frame)

    def layer(
        self,
        op: Op,
        places: Mapping[str, Span],
        callee: ast.Name,
        inputs: Sequence[Value],
        frame: Frame,
        alias: ast.Name | None,
    ) -> Value:
        """A layer behind the values that flow in; `places` are those of its attributes."""
        if any(isinstance(x, Lost) for x in inputs):
            return LOST
        nodes = [x for x in inputs if isinstance(x, Node)]
        if len(nodes) < len(inputs):
            message, hint = "has nothing to read", "begin the net with 'input 3x224x224'"
            raise error(f"'{callee.name}' {message}", callee.span, "no value flows in", hint)
        if op.arity is not None and len(nodes) != op.arity:
            raise bind.refuse_multiple(callee, len(nodes))
        try:
            return self._add(self.name(frame, alias, op.name), op, nodes, callee.span, frame)
        except ShapeError as fault:
            span = places.get(fault.attribute, callee.span)
            related = tuple(Label(x.origin[0].span, f"{x.type} comes from here") for x in nodes)
            raise NetError(Diagnostic(fault.message, span, "", fault.help, related)) from None

    def made(self, frame: Frame, where: Span, name: str, op: Op, x: Node) -> Node:
        """A layer that the source does not spell out, such as a projection; `name` is dotted."""
        *scope, last = name.split(".")
        path = self.names.given((*frame.path, *scope), last)
        return self._add(path, op, [x], where, frame)

    def _add(self, path: Path, op: Op, inputs: Sequence[Node], span: Span, frame: Frame) -> Node:
        output = infer(op, tuple(x.type for x in inputs))
        self.ledger.spend(span)
        origin = (Label(span, f"'{op.name}'"), *frame.calls)
        names = tuple(x.name for x in inputs)
        self.nodes.append(Node(".".join(path), op, names, output, origin=origin))
        return self.nodes[-1]
