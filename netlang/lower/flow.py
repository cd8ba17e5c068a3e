"""What flows through a body while the graph is built."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from netlang.diagnostic import Label
from netlang.ir.graph import Node
from netlang.ir.types import TensorType
from netlang.lower.evaluate import Evaluator, Scope
from netlang.lower.modules import Definition, Module


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
