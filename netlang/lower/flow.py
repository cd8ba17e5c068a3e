"""What flows through a body while the graph is built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from netlang.diagnostic import Label, error
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


def type_of(value: Value) -> TensorType | None:
    """The type of a value that there is."""
    return value.type if isinstance(value, Node) else None


@dataclass(frozen=True)
class Frame:
    """Where building stands: inside which call, group and scope.

    `names` are those given by `as`, shared by all bodies of one call. `calls` lead here from the
    inside out, `ring` holds the definitions that are being built.
    """

    module: Module
    scope: Scope
    path: tuple[str, ...] = ()
    calls: tuple[Label, ...] = ()
    ring: tuple[Definition, ...] = ()
    names: dict[str, Value] = field(default_factory=dict[str, Value])

    def evaluator(self, flowing: Value) -> Evaluator:
        """An evaluator next to a flowing value."""
        return Evaluator(self.scope, type_of(flowing), isinstance(flowing, Lost))

    def nested(self) -> Frame:
        """The frame of a body inside this one: `let`s end with it, `as` names do not."""
        return replace(self, scope=self.scope.inner())

    def under(self, name: str) -> Frame:
        """The frame of a group."""
        return replace(self.nested(), path=(*self.path, name))


def refuse_ring(definition: Definition, frame: Frame, callee: ast.Name) -> None:
    """Raises `NetError` where a block or net is called while it is being built, or too deep."""
    if definition in frame.ring:
        names = [d.tree.name.name for d in frame.ring[frame.ring.index(definition) :]]
        ring = " -> ".join([*names, names[0]])
        kind = "itself" if len(names) == 1 else "itself in a ring"
        raise error(f"'{names[0]}' calls {kind}: {ring}", callee.span, "here again")
    if len(frame.ring) > DEEPEST:
        raise error(f"blocks call each other more than {DEEPEST} deep", callee.span)
