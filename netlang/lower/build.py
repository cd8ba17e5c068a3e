"""Builds the graph: walks the bodies of a net and of the blocks that it calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from netlang.diagnostic import Diagnostic, Label, NetError, Span, did_you_mean, error
from netlang.ir.attributes import attribute, number, whole
from netlang.ir.graph import Graph, Head, Node
from netlang.lower import bind
from netlang.lower.evaluate import Scope, SilentError, describe
from netlang.lower.flow import LOST, Frame, Lost, Value, refuse_placeholder, twice
from netlang.lower.layers import Layers
from netlang.lower.ledger import Ledger
from netlang.lower.modules import Definition
from netlang.lower.names import asked
from netlang.lower.recipes import Recipes
from netlang.lower.shortcut import MODES, is_left_out
from netlang.lower.synonyms import layer_meant
from netlang.ops import OPS
from netlang.syntax import ast


@dataclass(frozen=True)
class AuxOptions:
    """What `aux NAME` takes: the weight of its loss (Szegedy et al. 2014, section 5)."""

    weight: float = attribute(number(0), 0.3)


@dataclass
class Builder:
    """A graph under construction.

    `has_listed` says whether an error has told all the layers there are: once is enough.
    """

    ledger: Ledger = field(default_factory=Ledger)
    layers: Layers = field(init=False)
    heads: list[Head] = field(default_factory=list[Head])
    blocks: dict[str, str] = field(default_factory=dict[str, str])
    recipes: Recipes = field(init=False)
    has_listed: bool = False

    def __post_init__(self) -> None:
        self.layers, self.recipes = Layers(self.ledger), Recipes(self.ledger)

    def graph(self, name: str, output: Node) -> Graph:
        """What has been built, as a graph."""
        nodes = tuple(self.layers.nodes.values())
        heads, recipes = tuple(self.heads), self.recipes.all()
        return Graph(name, nodes, output.name, heads, recipes, self.blocks)

    # -------------------------------------------------------------------- statements

    def body(self, body: ast.Body, flow: Value, frame: Frame) -> Value:
        """What a body makes of the value that flows into it."""
        for statement in body.statements:
            flow = self._statement(statement, flow, frame)
        return flow

    def scoped(self, body: ast.Body, flow: Value, frame: Frame) -> Value:
        """What a body makes whose layers have a scope of their own."""
        self.layers.names.reserve(frame.path, asked(body))
        return self.body(body, flow, frame)

    def _statement(self, statement: ast.Statement, flow: Value, frame: Frame) -> Value:
        match statement:
            case ast.Chain():
                return self._chain(statement, flow, frame)
            case ast.Let():
                self.ledger.visit(statement.span)
                self._let(statement, flow, frame)
            case ast.Aux():
                self.ledger.guard(lambda: self._aux(statement, flow, frame), frame.calls)
            case ast.Recipe():
                self.recipes.read(statement, frame)
        return flow

    def _chain(self, chain: ast.Chain, flow: Value, frame: Frame) -> Value:
        inputs: tuple[Value, ...] = (flow,)
        if chain.sources:
            inputs = tuple(
                self.ledger.guard(lambda s=s: self._named(s, frame), frame.calls)
                for s in chain.sources
            )
        for link in chain.links:
            self.ledger.visit(link.span)
            result = self.ledger.guard(
                lambda x=inputs, e=link: self._element(e.element, x, frame, e.alias), frame.calls
            )
            if link.alias:
                self.ledger.guard(lambda a=link.alias: refuse_placeholder(a), frame.calls)
                self._named_as(link.alias, result, frame)
            inputs = (result,)
        return inputs[0]

    def _named_as(self, alias: ast.Name, value: Value, frame: Frame) -> None:
        name, earlier = alias.name, frame.places.get(alias.name, alias.span)
        if earlier != alias.span:  # a repeat comes to the same place again and again
            self.ledger.report(twice(alias, earlier), frame.calls)
        frame.names[name], frame.places[name] = value, alias.span

    def _let(self, let: ast.Let, flow: Value, frame: Frame) -> None:
        name = let.name
        # One that hid the value of an outer body would end with the inner, and nobody would see it.
        if frame.scope.knows(name.name):
            self.ledger.report(_set_again(name, frame.scope), frame.calls)
        result = self.ledger.guard(lambda: frame.evaluator(flow).given(let.value), frame.calls)
        frame.scope.bind(name, None if isinstance(result, Lost) else result)

    def _named(self, name: ast.Name, frame: Frame) -> Value:
        if name.name not in frame.names:
            near = did_you_mean(name.name, frame.names)
            hint = near or f"name a value first: … as {name.name}"
            raise error(f"no value is named '{name.name}' here", name.span, "unknown value", hint)
        return frame.names[name.name]

    def _aux(self, aux: ast.Aux, flow: Value, frame: Frame) -> None:
        options = bind.build(AuxOptions, aux.name, aux.arguments, frame.evaluator(flow)).value
        name = self.layers.given(frame, aux.name)
        output = self.scoped(aux.body, flow, frame.under(name))
        if output is flow and not isinstance(flow, Lost):
            raise error(f"the head '{aux.name.name}' is empty", aux.name.span)
        if isinstance(output, Node):
            self.heads.append(Head(".".join(name), output.name, options.weight))

    # ---------------------------------------------------------------------- elements

    def _element(
        self,
        element: ast.Element,
        inputs: tuple[Value, ...],
        frame: Frame,
        alias: ast.Name | None,
    ) -> Value:
        if isinstance(element, ast.Call):
            return self._call(element, inputs, frame, alias)
        if len(inputs) != 1:
            raise error(
                f"{len(inputs)} values flow in where one is taken",
                element.span,
                help=bind.JOIN_FIRST,
            )
        (flow,) = inputs
        match element:
            case ast.Times():
                body = element.body
                return self._times(
                    element.count, None, lambda x, f: self._once(body, x, f), flow, frame
                )
            case ast.Repeat():
                body = element.body
                return self._times(
                    element.count, element.variable, lambda x, f: self.body(body, x, f), flow, frame
                )
            case ast.Group():
                name = self.layers.given(frame, element.name)
                return self.scoped(element.body, flow, frame.under(name))
            case ast.Shortcut():
                return self._shortcut(element, flow, frame, alias)
            case ast.Branches():
                return self._branches(element, flow, frame, alias)
            case ast.Choice():
                return self._choice(element, flow, frame)

    def _once(self, body: ast.Once | ast.Body, flow: Value, frame: Frame) -> Value:
        if isinstance(body, ast.Body):
            return self.body(body, flow, frame)
        return self._element(body, (flow,), frame, None)

    def _times(
        self,
        count: ast.Expr,
        variable: ast.Name | None,
        once: Callable[[Value, Frame], Value],
        flow: Value,
        frame: Frame,
    ) -> Value:
        evaluator = frame.evaluator(flow)
        times = whole(evaluator.number(count))
        # A computed count may be 0, as in `(n - 1) x …` for n = 1; nobody means a plain 0.
        least = 1 if isinstance(count, ast.Number) else 0
        if not isinstance(times, int) or times < least:
            raise error(
                f"a repeat count is a whole number of at least 1, not {describe(times)}", count.span
            )
        known = len(self.ledger.faults)
        for i in range(times):
            before, inner = self.ledger.spent(), frame.nested()
            if variable:
                inner.scope.bind(variable, i)
            self.ledger.spend(count.span)
            flow = once(flow, inner)
            # The first turn often differs; the second tells what the others will make.
            if i == 1:
                self.ledger.foresee(times - 2, before, count.span)
            if len(self.ledger.faults) > known:
                return LOST
        return flow

    def _choice(self, choice: ast.Choice, flow: Value, frame: Frame) -> Value:
        if frame.evaluator(flow).switch(choice.condition, "'if' takes a condition"):
            return self.body(choice.then, flow, frame.nested())
        if choice.otherwise:
            return self.body(choice.otherwise, flow, frame.nested())
        return flow

    def _branches(
        self, branches: ast.Branches, flow: Value, frame: Frame, alias: ast.Name | None
    ) -> Value:
        join = "concat"
        if branches.join is not None:
            wrong = "branches are not joined by"
            joins = tuple(name for name, op in OPS.items() if op.joins_branches)
            join = frame.evaluator(flow).one_of(branches.join, joins, wrong)
        ends = tuple(self.body(path, flow, frame.nested()) for path in branches.paths)
        word = _word_span(branches.span, "branches")
        if len(ends) == 1:
            named = f" as {alias.name}" if alias else ""
            alone = "its layers" if branches.paths[0].statements else f"'identity{named}'"
            hint = f"add one with '|', or write {alone} without 'branches'"
            raise error("there is one path, and nothing to join it with", word, help=hint)
        where = branches.join.span if branches.join else word
        return self._join(join, ends, where, frame, alias)

    def _shortcut(
        self, shortcut: ast.Shortcut, flow: Value, frame: Frame, alias: ast.Name | None
    ) -> Value:
        where = _word_span(shortcut.span, "shortcut")
        mode = "identity"
        if shortcut.mode is not None:
            where, wrong = shortcut.mode.span, "there is no shortcut"
            mode = frame.evaluator(flow).one_of(shortcut.mode, MODES, wrong, ", or via { … }")
        end = self.body(shortcut.body, flow, frame.nested())
        if shortcut.via is not None:
            around = self.body(shortcut.via, flow, frame.nested())
        elif isinstance(flow, Node) and isinstance(end, Node):
            if is_left_out(mode, flow.type, end.type):
                return end
            around = self.layers.skip(mode, flow, end, where, frame)
        else:
            around = flow
        return self._join("add", (end, around), where, frame, alias)

    def _join(
        self, join: str, ends: tuple[Value, ...], where: Span, frame: Frame, alias: ast.Name | None
    ) -> Value:
        callee = ast.Name(join, span=where)
        return self.layers.layer(OPS[join](), {}, callee, ends, frame, alias)

    # ------------------------------------------------------------------------- calls

    def _call(
        self, call: ast.Call, inputs: tuple[Value, ...], frame: Frame, alias: ast.Name | None
    ) -> Value:
        callee = call.callee
        definition = frame.module.names.get(callee.name)
        if definition and isinstance(definition.tree, ast.Block):
            return self._block(definition, call, inputs, frame, alias)
        if callee.name in frame.module.lost:
            raise SilentError
        if definition:
            hint = f"a net is built on, not called: net … = {callee.name}(…)"
            raise error(f"'{callee.name}' is a net, not a layer", callee.span, help=hint)
        if callee.name not in OPS:
            raise self._unknown_layer(callee, frame)
        _require_no_values(call, frame)
        bound = bind.build(OPS[callee.name], callee, call.arguments, frame.evaluator(inputs[0]))
        if bound.value.family == "input":
            return self.layers.input(bound.value, bound.places, callee, frame, alias)
        return self.layers.layer(bound.value, bound.places, callee, inputs, frame, alias)

    def _unknown_layer(self, callee: ast.Name, frame: Frame) -> NetError:
        name = callee.name
        if frame.scope.knows(name):
            value = frame.scope.get(name)
            then = f"{name} == {value} {{ {value} }}" if value in OPS else "CONDITION { … }"
            help = f"a value names no layer: choose one with 'if {then} else {{ … }}'"
            return error(f"'{name}' is a value, not a layer", callee.span, help=help)
        known = [*OPS, *frame.module.blocks()]
        near = layer_meant(name, known)
        help = near or ("" if self.has_listed else f"there are: {', '.join(sorted(known))}")
        self.has_listed = self.has_listed or not near
        return error(f"there is no layer or block '{name}'", callee.span, "unknown layer", help)

    def _block(
        self,
        definition: Definition,
        call: ast.Call,
        inputs: tuple[Value, ...],
        frame: Frame,
        alias: ast.Name | None,
    ) -> Value:
        callee, block = call.callee, definition.tree
        assert isinstance(block, ast.Block)
        if len(inputs) != 1:
            raise bind.refuse_multiple(callee, len(inputs))
        ring = frame.entering(definition, callee)
        self.ledger.spend(callee.span)
        given = bind.of_params(block.params).match(callee, call.arguments)
        scope = bind.scope(block.params, given, frame.evaluator(inputs[0]))
        path = self.layers.name(frame, alias, callee.name)
        self.blocks[".".join(path)] = callee.name
        calls = (Label(callee.span, f"in this call of '{callee.name}'"), *frame.calls)
        inner = Frame(definition.module, scope, path, calls, ring)
        return self.scoped(block.body, inputs[0], inner)


def _require_no_values(call: ast.Call, frame: Frame) -> None:
    """Raises `NetError` for `add a, b`, where the arguments are what should flow in."""
    values = [argument.value for argument in call.arguments if argument.name is None]
    names = [value.name for value in values if isinstance(value, ast.Name)]
    is_join = OPS[call.callee.name].arity is None
    if is_join and names and all(name in frame.names for name in names):
        help = f"write 'from {', '.join(names)} -> {call.callee.name}'"
        if len(names) == 1:
            help = f"name what flows in as well: from NAME, {names[0]} -> {call.callee.name}"
        span = values[0].span | values[-1].span
        raise error("values flow in, and are no arguments", span, help=help)


def _set_again(name: ast.Name, scope: Scope) -> Diagnostic:
    earlier = scope.bound_at(name.name)
    first = (Label(earlier, "its value"),) if earlier else ()
    message, help = f"'{name.name}' has a value", "give it another name: values do not change"
    if earlier and name.name not in scope.values:
        help = f"choose it there: let {name.name} = if CONDITION {{ … }} else {{ … }}"
    return Diagnostic(message, name.span, "set again here", help, first)


def _word_span(span: Span, word: str) -> Span:
    return Span(span.source, span.start, span.start + len(word))
