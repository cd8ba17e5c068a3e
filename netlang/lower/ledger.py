"""The mistakes found on the way, and how much has been built."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from netlang.diagnostic import Diagnostic, Label, NetError, Span
from netlang.lower.evaluate import SilentError
from netlang.lower.flow import LOST

LIMIT = 30_000
"""The most layers that a network may have; a repeat beyond it is a slip of the keyboard."""

STATEMENTS = 3 * LIMIT
"""The most statements that are run to build them: those that make no layer take time as well."""


class TooLargeError(NetError):
    """Ends the walk at once: there is no point in building the rest."""


@dataclass
class Ledger:
    """Keeps the first mistake of each place, and counts layers, calls and turns of repeats."""

    faults: dict[Span | None, Diagnostic] = field(default_factory=dict["Span | None", Diagnostic])
    steps: int = 0
    statements: int = 0

    def guard(self, make: Callable[[], Any], calls: tuple[Label, ...]) -> Any:
        """What `make` gives; a mistake is kept and its value is lost, so that the rest goes on."""
        try:
            return make()
        except TooLargeError:
            raise
        except NetError as fault:
            for diagnostic in fault.diagnostics:
                self.report(diagnostic, calls)
        except SilentError:
            pass
        return LOST

    def report(self, diagnostic: Diagnostic, calls: tuple[Label, ...]) -> None:
        """Keeps a mistake with the calls that led to it."""
        # A block that is called twice is wrong in both calls; once is enough to say so.
        if diagnostic.span not in self.faults:
            leading = tuple(c for c in calls if c not in diagnostic.related)
            self.faults[diagnostic.span] = replace(diagnostic, related=diagnostic.related + leading)

    def spend(self, span: Span) -> None:
        """Counts a step; raises `TooLargeError` beyond the limit."""
        self.steps += 1
        self._bound(self.steps, LIMIT, "layers and calls", span)

    def visit(self, span: Span) -> None:
        """Counts a statement, whether it makes a layer or not."""
        self.statements += 1
        self._bound(self.statements, STATEMENTS, "statements", span)

    def spent(self) -> tuple[int, int]:
        """The steps and statements so far."""
        return self.steps, self.statements

    def foresee(self, turns: int, since: tuple[int, int], span: Span) -> None:
        """Raises `TooLargeError` where so many more turns like the one since then are too many."""
        steps, statements = self.steps - since[0], self.statements - since[1]
        self._bound(self.steps + turns * steps, LIMIT, "layers and calls", span)
        self._bound(self.statements + turns * statements, STATEMENTS, "statements", span)

    def _bound(self, count: int, limit: int, what: str, span: Span) -> None:
        if count > limit:
            message = f"this makes about {count:,} {what}, and the limit is {limit:,}"
            raise TooLargeError(Diagnostic(message, span, "too many here"))
