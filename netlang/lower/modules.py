"""Files and what they import: every block and net that a network's text can name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from netlang.diagnostic import Diagnostic, NetError, Source, Span, did_you_mean, error
from netlang.ir.op import OPS
from netlang.resources import zoo_dir
from netlang.syntax import ast
from netlang.syntax.parser import parse, read


@dataclass(frozen=True, eq=False)
class Definition:
    """A block or net, and the module whose names its body uses; each is itself alone."""

    tree: ast.Block | ast.Net | ast.Instance
    module: Module = field(repr=False)


@dataclass
class Module:
    """A file: its own definitions and those that it imports."""

    tree: ast.File
    own: dict[str, Definition] = field(default_factory=dict[str, Definition])
    names: dict[str, Definition] = field(default_factory=dict[str, Definition])

    def blocks(self) -> list[str]:
        """The names that can be called like a layer."""
        return [name for name, d in self.names.items() if isinstance(d.tree, ast.Block)]


@dataclass
class Loader:
    """Reads files, each once. `root` is the folder that imports may not leave."""

    root: Path
    faults: list[Diagnostic] = field(default_factory=list[Diagnostic])
    _done: dict[Path, Module] = field(default_factory=dict[Path, Module])
    _open: list[Path] = field(default_factory=list[Path])

    def load(self, source: Source, path: Path) -> Module:
        """The module of a source that lies at `path`."""
        self._open.append(path)
        module = Module(parse(source))
        self._done[path] = module
        for tree in (*module.tree.blocks, *module.tree.nets):
            self._define(module, tree)
        for use in module.tree.uses:
            try:
                self._use(module, use, path)
            except NetError as fault:
                self.faults += fault.diagnostics
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
            self.faults.append(
                Diagnostic(f"'{name.name}' is defined twice", name.span, "again here")
            )
        module.own[name.name] = module.names[name.name] = Definition(tree, module)

    def _use(self, module: Module, use: ast.Use, path: Path) -> None:
        imported = self._import(use.path, path)
        for name in use.names:
            if name.name not in imported.own:
                near = did_you_mean(name.name, imported.own) or _listed(imported.own)
                message = f"'{use.path.value}' has no '{name.name}'"
                self.faults.append(Diagnostic(message, name.span, "not defined there", near))
            elif name.name in module.names:
                message = f"'{name.name}' is defined twice"
                self.faults.append(Diagnostic(message, name.span, "imported here as well"))
            else:
                module.names[name.name] = imported.own[name.name]

    def _import(self, text: ast.Text, path: Path) -> Module:
        target = self._find(text, path)
        if target in self._open:
            ring = [*self._open[self._open.index(target) :], target]
            names = " -> ".join(p.name for p in ring)
            raise error(f"files import each other in a ring: {names}", text.span)
        if target not in self._done:
            self._done[target] = self.load(read(shown(target)), target)
        return self._done[target]

    def _find(self, text: ast.Text, path: Path) -> Path:
        candidates = [(folder / text.value).resolve() for folder in (path.parent, zoo_dir())]
        allowed = [c for c in candidates if _within(c, (self.root, zoo_dir()))]
        if not allowed:
            raise error(
                f"'{text.value}' leaves the project",
                text.span,
                help="imports stay within the project's folder and the zoo",
            )
        for candidate in allowed:
            if candidate.is_file():
                return candidate
        near = did_you_mean(text.value, _files_near(allowed, text.value))
        raise error(f"there is no file '{text.value}'", text.span, "not found", near)


def project_root(path: Path) -> Path:
    """The folder that a file's imports may not leave: the project's, or the file's own."""
    for folder in path.parents:
        if (folder / ".git").exists() or (folder / "pyproject.toml").is_file():
            return folder
    return path.parent


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _files_near(paths: list[Path], text: str) -> list[str]:
    folder = Path(text).parent
    return [str(folder / found.name) for p in paths for found in p.parent.glob("*.net")]


def shown(path: Path) -> Path:
    """A path as a person would name it: from where they stand, if it lies below."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _listed(names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return f"it has {listed}" if listed else ""


def only_net(module: Module, source: Source) -> ast.Net | ast.Instance:
    """The one net of a file."""
    nets = module.tree.nets
    if not nets:
        raise error(
            f"{source.name} has no net",
            Span(source, 0, 0) if not source.text else None,
            help="blocks are for other files to use; a network is written net NAME { … }",
        )
    if len(nets) != 1:
        raise error(
            "a file has one net, and this is another",
            nets[1].name.span,
            "the second",
            "put it into a file of its own",
        )
    return nets[0]
