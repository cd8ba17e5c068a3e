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


class TooLargeError(NetError):
    """Ends the walk at once: there is no point in building the rest."""


@dataclass
class Ledger:
    """Keeps the first mistake of each place, and counts layers, calls and turns of repeats."""

    faults: dict[Span | None, Diagnostic] = field(default_factory=dict["Span | None", Diagnostic])
    steps: int = 0

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
        self.foresee(self.steps, span)

    def foresee(self, steps: int, span: Span) -> None:
        """Raises `TooLargeError` where so many steps are more than the limit."""
        if steps > LIMIT:
            message = f"this makes about {steps:,} layers and calls, and the limit is {LIMIT:,}"
            raise TooLargeError(Diagnostic(message, span, "too many here"))
