"""Names of nodes: paths of groups and blocks, numbered where the source gives no name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from netlang.diagnostic import Span
from netlang.syntax import ast

Path = tuple[str, ...]


@dataclass
class Names:
    """Gives every node and scope a name of its own, the same in every run.

    What the text asks for wins: an automatic name steps aside, even for one that comes later.
    """

    _taken: set[Path] = field(default_factory=set[Path])
    _asked: dict[Path, Span | None] = field(default_factory=dict[Path, "Span | None"])
    _counts: Counter[Path] = field(default_factory=Counter[Path])

    def reserve(self, scope: Path, names: Iterable[str]) -> None:
        """Keeps the names that a text will ask for in a scope."""
        for name in names:
            self._asked.setdefault((*scope, name), None)

    def numbered(self, scope: Path, kind: str) -> Path:
        """`kind_1`, `kind_2`, … in a scope."""
        while True:
            self._counts[(*scope, kind)] += 1
            path = (*scope, f"{kind}_{self._counts[(*scope, kind)]}")
            if self._is_free(path):
                self._taken.add(path)
                return path

    def plain(self, scope: Path, name: str) -> Path:
        """A name that nobody asked for, numbered where it is not free."""
        path = (*scope, name)
        if not self._is_free(path):
            return self._again(scope, name)
        self._taken.add(path)
        return path

    def given(self, scope: Path, name: ast.Name) -> Path:
        """A name that the text asks for; in a repeat, numbered from the second time on."""
        path = (*scope, name.name)
        self._asked[path] = self._asked.get(path) or name.span
        if path in self._taken:
            return self._again(scope, name.name)
        self._taken.add(path)
        return path

    def earlier(self, scope: Path, name: ast.Name) -> Span | None:
        """Another place that asked for the same name: a repeat comes back to the same one."""
        earlier = self._asked.get((*scope, name.name))
        return earlier if earlier != name.span else None

    def _again(self, scope: Path, name: str) -> Path:
        path = (*scope, name)
        self._counts[path] = max(self._counts[path], 1)
        return self.numbered(scope, name)

    def _is_free(self, path: Path) -> bool:
        return path not in self._taken and path not in self._asked


def asked(body: ast.Body) -> Iterator[str]:
    """The names that a body asks for in its own scope: groups and heads have other ones."""
    for statement in body.statements:
        if isinstance(statement, ast.Aux):
            yield statement.name.name
        elif isinstance(statement, ast.Chain):
            for link in statement.links:
                yield from _asked_by(link.element, link.alias)


def _asked_by(element: ast.Element, alias: ast.Name | None) -> Iterator[str]:
    if isinstance(element, ast.Times) and not isinstance(element.body, ast.Body):
        yield from _asked_by(element.body, None)
    elif isinstance(element, ast.Group):
        yield element.name.name
    elif alias and isinstance(element, ast.Call | ast.Shortcut | ast.Branches):
        yield alias.name
    for body in _same_scope(element):
        yield from asked(body)


def _same_scope(element: ast.Element) -> Iterator[ast.Body]:
    """The bodies in an element whose layers are named beside it."""
    match element:
        case ast.Times(body=ast.Body() as body) | ast.Repeat(body=body):
            yield body
        case ast.Shortcut():
            yield from filter(None, (element.via, element.body))
        case ast.Branches():
            yield from element.paths
        case ast.Choice():
            yield from filter(None, (element.then, element.otherwise))
        case _:
            pass
