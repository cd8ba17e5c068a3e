"""Files and what they import: every block and net that a network's text can name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from netlang.diagnostic import Diagnostic, Label, NetError, Source, did_you_mean, error
from netlang.lower.evaluate import OF_THE_FLOW
from netlang.lower.paths import locate, shown
from netlang.ops import OPS
from netlang.syntax import ast
from netlang.syntax.parser import parse, read


@dataclass(frozen=True, eq=False)
class Definition:
    """A block or net, and the module whose names its body uses; each is itself alone."""

    tree: ast.Block | ast.Net | ast.Instance
    module: Module = field(repr=False)


@dataclass
class Module:
    """A file: its own definitions and those that it imports.

    `lost` are names whose import failed: that they mean nothing is no news.
    """

    tree: ast.File
    own: dict[str, Definition] = field(default_factory=dict[str, Definition])
    names: dict[str, Definition] = field(default_factory=dict[str, Definition])
    lost: set[str] = field(default_factory=set[str])

    def blocks(self) -> list[str]:
        """The names that can be called like a layer."""
        return [name for name, d in self.names.items() if isinstance(d.tree, ast.Block)]

    def nets(self) -> list[str]:
        """The names that an instance can be built on."""
        return [name for name, d in self.names.items() if not isinstance(d.tree, ast.Block)]


@dataclass
class Loader:
    """Reads files, each once. `root` is the folder that imports may not leave."""

    root: Path
    faults: list[Diagnostic] = field(default_factory=list[Diagnostic])
    _done: dict[Path, Module] = field(default_factory=dict[Path, Module])
    _open: list[Path] = field(default_factory=list[Path])

    def load(self, source: Source, path: Path) -> Module:
        """The module of a source that lies at `path`."""
        module = Module(parse(source))
        for tree in (*module.tree.blocks, *module.tree.nets):
            self._define(module, tree)
        self._open.append(path)
        for use in module.tree.uses:
            try:
                self._use(module, use, path)
            except NetError as fault:
                self.faults += fault.diagnostics
                module.lost.update(name.name for name in use.names)
        self._open.pop()
        return module

    def _define(self, module: Module, tree: ast.Block | ast.Net | ast.Instance) -> None:
        name = tree.name
        if name.name in OPS:
            message = f"'{name.name}' is a built-in layer"
            self.faults.append(
                Diagnostic(message, name.span, "already taken", "choose another name")
            )
        elif name.name in module.own:
            self._twice(name, module.own[name.name].tree.name, "is defined twice")
        first: dict[str, ast.Name] = {}
        for param in tree.params:
            if param.name.name in first:
                self._twice(param.name, first[param.name.name], "names two parameters")
            first[param.name.name] = param.name
        self.faults += _too_early(tree.params)
        module.own[name.name] = module.names[name.name] = Definition(tree, module)

    def _twice(self, again: ast.Name, first: ast.Name, what: str) -> None:
        message, related = f"'{again.name}' {what}", (Label(first.span, "first here"),)
        self.faults.append(Diagnostic(message, again.span, "again here", related=related))

    def _use(self, module: Module, use: ast.Use, path: Path) -> None:
        imported = self._import(use.path, path)
        for name in use.names:
            if name.name not in imported.own:
                near = did_you_mean(name.name, imported.own) or _listed(imported.own)
                message = f"'{use.path.value}' has no '{name.name}'"
                self.faults.append(Diagnostic(message, name.span, "not defined there", near))
                module.lost.add(name.name)
            elif name.name in module.names:
                self._twice(name, module.names[name.name].tree.name, "is defined twice")
            else:
                module.names[name.name] = imported.own[name.name]

    def _import(self, text: ast.Text, path: Path) -> Module:
        """The module of another file."""
        target = locate(text, path, self.root)
        if target in self._open:
            ring = [*self._open[self._open.index(target) :], target]
            names = " -> ".join(p.name for p in ring)
            raise error(f"files import each other in a ring: {names}", text.span)
        if target not in self._done:
            try:
                self._done[target] = self.load(read(shown(target)), target)
            except NetError as fault:
                here = Label(text.span, "imported here")
                raise NetError(
                    *(replace(d, related=(*d.related, here)) for d in fault.diagnostics)
                ) from None
        return self._done[target]


def _too_early(params: Sequence[ast.Param]) -> Iterator[Diagnostic]:
    """Defaults that use a parameter which is not settled yet: it would be a plain word."""
    later = {param.name.name for param in params} - {*OF_THE_FLOW}
    for param in params:
        values = (param.default, *param.others) if param.default else ()
        for name in (name for value in values for name in _names(value)):
            if name.name in later:
                message = f"'{name.name}' has no value yet where '{param.name.name}' gets its own"
                help = "a default may use the parameters before it"
                yield Diagnostic(message, name.span, help=help)
        later.discard(param.name.name)


def _names(expr: ast.Expr) -> Iterator[ast.Name]:
    match expr:
        case ast.Name():
            yield expr
        case ast.Unary():
            yield from _names(expr.operand)
        case ast.Binary():
            yield from _names(expr.left)
            yield from _names(expr.right)
        case _:
            pass


def _listed(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"it has {listed}" if listed else ""


def only_net(module: Module, source: Source) -> ast.Net | ast.Instance:
    """The one net of a file; beside it may stand the net that it is an instance of."""
    nets = module.tree.nets
    if not nets:
        raise error(
            f"there is no net in '{source.name}'",
            module.tree.span,
            "blocks are for other files to use",
            "a net begins 'net NAME { … }'",
        )
    bases = {net.base.name for net in nets if isinstance(net, ast.Instance)}
    # In a ring of instances every net is a base: building any of them shows the ring.
    first, *others = [net for net in nets if net.name.name not in bases] or nets[:1]
    if others:
        raise NetError(
            Diagnostic(
                "a file has one net, and this is another",
                others[0].name.span,
                "the second",
                "put it into a file of its own",
                (Label(first.name.span, "the first"),),
            )
        )
    return first
