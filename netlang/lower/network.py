"""The graph of a net, or of an instance of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlang.diagnostic import Diagnostic, NetError, did_you_mean, error
from netlang.ir.attributes import Value as Setting
from netlang.ir.graph import Graph
from netlang.lower import bind
from netlang.lower.build import Builder
from netlang.lower.evaluate import Evaluator, Scope, SilentError
from netlang.lower.flow import Frame, Lost, Value
from netlang.lower.modules import Definition
from netlang.syntax import ast


def build_network(
    definition: Definition, settings: Mapping[str, Setting], faults: Sequence[Diagnostic]
) -> Graph:
    """The graph of a net; raises `NetError` of its files' `faults` and all that it finds."""
    tree, builder = definition.tree, Builder()
    for fault in faults:
        builder.ledger.report(fault, ())
    try:
        output = builder.ledger.guard(lambda: _net(builder, definition, settings), ())
    except RecursionError:
        raise error("blocks and braces are nested too deep", tree.name.span) from None
    if isinstance(output, Lost) or builder.ledger.faults:
        raise NetError(*builder.ledger.faults.values())
    if output is None:
        hint = "begin with 'input 3x224x224'"
        raise error(f"the net '{tree.name.name}' is empty", tree.name.span, help=hint)
    return builder.graph(tree.name.name, output)


def _net(builder: Builder, definition: Definition, settings: Mapping[str, Setting]) -> Value:
    params = definition.tree.params
    scope = bind.scope(params, {}, Evaluator(Scope(), None), settings)
    missing = [
        Diagnostic(
            f"'{param.name.name}' has no value",
            param.name.span,
            "needed",
            f"give it one: set {param.name.name}=…",
        )
        for param in params
        if param.default is None and param.name.name not in settings
    ]
    if missing:
        raise NetError(*missing)
    return _run(builder, definition, Frame(definition.module, scope, ring=(definition,)))


def _run(builder: Builder, definition: Definition, frame: Frame) -> Value:
    tree = definition.tree
    if not isinstance(tree, ast.Instance):
        return builder.scoped(tree.body, None, frame)
    base = _base(tree, definition)
    ring = frame.entering(base, tree.base)
    given = bind.of_params(base.tree.params).match(tree.base, tree.arguments)
    scope = bind.scope(base.tree.params, given, frame.evaluator(None))
    return _run(builder, base, Frame(base.module, scope, ring=ring))


def _base(tree: ast.Instance, definition: Definition) -> Definition:
    """The net that another is an instance of."""
    name, module = tree.base, definition.module
    base = module.names.get(name.name)
    if base is None and name.name in module.lost:
        raise SilentError
    if base and isinstance(base.tree, ast.Block):
        hint = f"a net is built on a net; a block is called: net … {{ {name.name} … }}"
        raise error(f"'{name.name}' is a block, not a net", name.span, help=hint)
    if base is None:
        others = [net for net in module.nets() if net != tree.name.name]
        hint = did_you_mean(name.name, others) or f'import it: use {name.name} from "….net"'
        raise error(f"there is no net '{name.name}' here", name.span, "unknown net", hint)
    return base
