"""What flows through a body while the graph is built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from netlang.diagnostic import Diagnostic, Label, Span, error
from netlang.ir.graph import Node
from netlang.ir.types import TensorType
from netlang.lower.evaluate import Evaluator, Scope
from netlang.lower.modules import Definition, Module
from netlang.syntax import ast

DEEPEST = 100
"""The most calls of blocks inside each other."""


@dataclass(frozen=True)
class Lost:
    """A value that could not be made; the mistake is reported, what follows from it is not."""


LOST = Lost()

Value = Node | Lost | None
"""A node, a lost value, or nothing yet: ahead of the input."""


def twice(name: ast.Name, earlier: Span) -> Diagnostic:
    """The mistake of naming two things alike."""
    first = (Label(earlier, "first here"),)
    message, help = f"'{name.name}' names two things", "give one of them another name"
    return Diagnostic(message, name.span, "again here", help, first)


def refuse_placeholder(name: ast.Name) -> None:
    """Raises `NetError` for `_`, which in a printed graph is the value flowing through a kernel."""
    if name.name == "_":
        raise error("'_' names nothing", name.span, help="choose a name with a letter in it")


def type_of(value: Value) -> TensorType | None:
    """The type of a value that there is."""
    return value.type if isinstance(value, Node) else None


@dataclass(frozen=True)
class Frame:
    """Where building stands: inside which call, group and scope.

    `names` are those given by `as`, shared by all bodies of one call, and `places` where that was
    last done. `calls` lead here from the inside out, `ring` holds the definitions that are being
    built.
    """

    module: Module
    scope: Scope
    path: tuple[str, ...] = ()
    calls: tuple[Label, ...] = ()
    ring: tuple[Definition, ...] = ()
    names: dict[str, Value] = field(default_factory=dict[str, Value])
    places: dict[str, Span] = field(default_factory=dict[str, Span])

    def evaluator(self, flowing: Value) -> Evaluator:
        """An evaluator next to a flowing value."""
        return Evaluator(self.scope, type_of(flowing), isinstance(flowing, Lost))

    def nested(self) -> Frame:
        """The frame of a body inside this one: `let`s end with it, `as` names do not."""
        return replace(self, scope=self.scope.inner())

    def under(self, path: tuple[str, ...]) -> Frame:
        """The frame of a group or head, which has a path of its own."""
        return replace(self.nested(), path=path)

    def entering(self, definition: Definition, callee: ast.Name) -> tuple[Definition, ...]:
        """The ring with one more definition; raises `NetError` where it closes or is too long."""
        if definition in self.ring:
            names = [d.tree.name.name for d in self.ring[self.ring.index(definition) :]]
            path = " -> ".join([*names, names[0]])
            kind = "itself" if len(names) == 1 else "itself in a ring"
            raise error(f"'{names[0]}' calls {kind}: {path}", callee.span, "here again")
        if len(self.ring) > DEEPEST:
            raise error(f"blocks call each other more than {DEEPEST} deep", callee.span)
        return (*self.ring, definition)
