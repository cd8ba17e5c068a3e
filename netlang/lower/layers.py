"""Puts layers into the graph: one node each, with a name, a type and an origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netlang.diagnostic import Diagnostic, Label, NetError, Span, error
from netlang.ir.graph import Node
from netlang.ir.op import Op, ShapeError, infer
from netlang.lower import bind
from netlang.lower.flow import LOST, Frame, Lost, Value, refuse_placeholder, twice
from netlang.lower.ledger import Ledger
from netlang.lower.names import Names, Path
from netlang.lower.shortcut import skip
from netlang.syntax import ast


@dataclass
class Layers:
    """The nodes so far."""

    ledger: Ledger
    names: Names = field(default_factory=Names)
    nodes: dict[str, Node] = field(default_factory=dict[str, Node])

    def name(self, frame: Frame, alias: ast.Name | None, kind: str) -> Path:
        """The name that `as` gives, or else a numbered one."""
        if alias:
            return self.given(frame, alias)
        return self.names.numbered(frame.path, kind)

    def given(self, frame: Frame, name: ast.Name) -> Path:
        """The path of what the text names: once, but for the turns of a repeat."""
        refuse_placeholder(name)
        if earlier := self.names.earlier(frame.path, name):
            self.ledger.report(twice(name, earlier), frame.calls)
        return self.names.given(frame.path, name)

    def input(
        self,
        op: Op,
        places: Mapping[str, Span],
        callee: ast.Name,
        frame: Frame,
        alias: ast.Name | None,
    ) -> Node:
        """The value that the network is given; `places` are those of its attributes."""
        for earlier in self.nodes.values():
            first = Label(earlier.origin[0].span, "the first")
            message = "a net has one input, and this is another"
            raise NetError(Diagnostic(message, callee.span, "the second", related=(first,)))
        path = self.given(frame, alias) if alias else self.names.plain((), "input")
        return self._placed(path, op, places, callee, (), frame)

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
        return self._placed(self.name(frame, alias, op.name), op, places, callee, nodes, frame)

    def skip(self, mode: str, x: Node, y: Node, where: Span, frame: Frame) -> Node:
        """The skip path around a body that makes `y` of `x`."""
        try:
            scope, ops = skip(mode, x.type, y.type)
        except ShapeError as fault:
            raise self._explained(fault, where, (x, y), frame) from None
        path = self.names.plain(frame.path, scope) if scope else frame.path
        for op in ops:
            x = self._add(self.names.plain(path, op.name), op, (x,), where, frame)
        return x

    def _placed(
        self,
        path: Path,
        op: Op,
        places: Mapping[str, Span],
        callee: ast.Name,
        inputs: Sequence[Node],
        frame: Frame,
    ) -> Node:
        """Adds what a call asks for; `NetError` at the attribute that does not fit, or the call."""
        try:
            return self._add(path, op, inputs, callee.span, frame)
        except ShapeError as fault:
            where = places.get(fault.attribute, callee.span)
            raise self._explained(fault, where, inputs, frame) from None

    def _add(self, path: Path, op: Op, inputs: Sequence[Node], span: Span, frame: Frame) -> Node:
        output = infer(op, tuple(x.type for x in inputs))
        self.ledger.spend(span)
        origin = (Label(span, f"'{op.name}'"), *frame.calls)
        names = tuple(x.name for x in inputs)
        node = Node(".".join(path), op, names, output, origin=origin)
        self.nodes[node.name] = node
        return node

    # ----------------------------------------------------------------- wrong shapes

    def _explained(
        self, fault: ShapeError, where: Span, inputs: Sequence[Node], frame: Frame
    ) -> NetError:
        """The error for shapes that do not fit: where each comes from, through which calls."""
        related = tuple(label for x in inputs for label in self._shaped(x, frame))
        return NetError(Diagnostic(fault.message, where, "", fault.help, related))

    def _shaped(self, node: Node, frame: Frame) -> list[Label]:
        maker = node
        # A norm or an activation has the shape of what is before it: that is the place to change.
        while maker.op.family in ("norm", "pointwise"):
            maker = self.nodes[maker.inputs[0]]
        here, *calls = maker.origin
        shape = Label(here.span, f"{node.type} comes from here")
        return [shape, *(call for call in calls if call not in frame.calls)]
