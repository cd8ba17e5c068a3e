"""From a net's definition to its graph."""

from __future__ import annotations

from collections.abc import Mapping

from netlang.diagnostic import NetError, did_you_mean, error
from netlang.ir.attributes import Value
from netlang.ir.graph import Graph, Node
from netlang.lower import bind
from netlang.lower.build import Builder
from netlang.lower.evaluate import Evaluator, Scope
from netlang.lower.flow import Frame, refuse_ring
from netlang.lower.modules import Definition
from netlang.syntax import ast


def build_network(definition: Definition, settings: Mapping[str, Value]) -> Graph:
    """The graph of a net; raises `NetError` with every mistake that was found."""
    builder, name = Builder(), definition.tree.name
    try:
        output = builder.ledger.guard(lambda: _net(builder, definition, settings), ())
    except RecursionError:
        raise error("blocks and braces are nested too deep", name.span) from None
    if builder.ledger.faults:
        raise NetError(*builder.ledger.faults.values())
    if not isinstance(output, Node):
        hint = "begin with 'input 3x224x224'"
        raise error(f"the net '{name.name}' is empty", name.span, help=hint)
    return builder.graph(name.name, output.name)


def _net(builder: Builder, definition: Definition, settings: Mapping[str, Value]) -> object:
    tree = definition.tree
    known = [param.name.name for param in tree.params]
    for name in settings:
        if name not in known:
            has = f"its parameters are {', '.join(known)}" if known else "it has no parameters"
            message = f"the net '{tree.name.name}' has no parameter '{name}'"
            raise error(message, help=did_you_mean(name, known) or has)
    scope = bind.scope(tree.params, {}, Evaluator(Scope(), None), settings)
    return _run(builder, definition, Frame(definition.module, scope, ring=(definition,)))


def _run(builder: Builder, definition: Definition, frame: Frame) -> object:
    """Runs a net; an instance runs the net that it is one of."""
    tree = definition.tree
    if not isinstance(tree, ast.Instance):
        return builder.body(tree.body, None, frame)
    base = _base(definition, tree.base)
    refuse_ring(base, frame, tree.base)
    given = bind.of_params(base.tree.params).match(tree.base, tree.arguments)
    scope = bind.scope(base.tree.params, given, frame.evaluator(None))
    return _run(builder, base, Frame(base.module, scope, ring=(*frame.ring, base)))


def _base(definition: Definition, name: ast.Name) -> Definition:
    known = definition.module.names
    base = known.get(name.name)
    if base is None or isinstance(base.tree, ast.Block):
        nets = [
            n for n, d in known.items() if d is not definition and not isinstance(d.tree, ast.Block)
        ]
        near = did_you_mean(name.name, nets)
        raise error(f"there is no net '{name.name}' here", name.span, "unknown net", near)
    return base
