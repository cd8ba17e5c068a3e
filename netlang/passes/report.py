"""What a pass did and what it refused, for `netlang compile --explain`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from netlang.device import Target
from netlang.ir.graph import Graph


@dataclass(frozen=True)
class Note:
    """What happened at a node, or why nothing did."""

    node: str
    text: str

    def __str__(self) -> str:
        return f"%{self.node}: {self.text}"


@dataclass
class Log:
    """What a running pass is told, and where it writes down its work."""

    target: Target
    changed: list[Note] = field(default_factory=list[Note])
    skipped: list[Note] = field(default_factory=list[Note])

    def change(self, node: str, text: str) -> None:
        """A rewrite was made."""
        self.changed.append(Note(node, text))

    def skip(self, node: str, reason: str) -> None:
        """A rewrite that a reader would expect was not made."""
        self.skipped.append(Note(node, reason))


@dataclass(frozen=True)
class Report:
    """A finished pass: its notes, its time, and how many nodes it left."""

    name: str
    changed: tuple[Note, ...]
    skipped: tuple[Note, ...]
    milliseconds: float
    nodes: int


Pass = Callable[[Graph, Log], Graph]
"""A function named after what it does."""
