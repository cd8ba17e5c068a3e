"""Brackets pair up and do not nest without bound, or the text is not worth parsing."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.diagnostic import Diagnostic, Span
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.limits import DEEPEST

_CLOSES = {"RPAR": "LPAR", "RBRACE": "LBRACE"}


def misnested(lexemes: Sequence[Lexeme]) -> Diagnostic | None:
    """The first bracket without its partner, or the one that nests too deep.

    One at most: a bracket that is missing changes the meaning of all that follows.
    """
    return _Brackets().check(lexemes)


class _Brackets:
    def __init__(self):
        # An `else if` waits here as well: a long ladder of them nests as deep as it is long.
        self.open = list[Lexeme]()
        self.pairs = list[tuple[Lexeme, Lexeme]]()

    def check(self, lexemes: Sequence[Lexeme]) -> Diagnostic | None:
        for lexeme, after in zip(lexemes, [*lexemes[1:], None], strict=True):
            ladder = lexeme.type == "ELSE" and after is not None and after.type == "IF"
            if ladder or lexeme.type in _CLOSES.values():
                self.open.append(lexeme)
            elif lexeme.type in _CLOSES and (problem := self.close(lexeme)):
                return problem
            elif lexeme.type in {"_END", "ARROW", "BAR"}:
                self.leave_ladder()
            if len(self.open) > DEEPEST:
                message = f"nested more than {DEEPEST} deep"
                return Diagnostic(message, lexeme.span, help="name the inner part as a block")
        self.leave_ladder()
        return _not_closed(self.unclosed()) if self.open else None

    def close(self, closing: Lexeme) -> Diagnostic | None:
        self.leave_ladder()
        if not self.open:
            return _closes_nothing(self.needless(closing))
        opening = self.open[-1]
        if opening.type == _CLOSES[closing.type]:
            self.pairs.append((self.open.pop(), closing))
            return None
        return _not_closed(opening) if opening.type == "LPAR" else _closes_nothing(closing)

    def leave_ladder(self) -> None:
        while self.open and self.open[-1].type == "ELSE":
            self.open.pop()

    def unclosed(self) -> Lexeme:
        """The first opening one that is farther in than its partner: people see that as the slip.

        Where there is none, the innermost that is open.
        """
        slips = (opening for opening, closing in self.pairs if _farther_in(opening, closing) > 0)
        return next(slips, self.open[-1])

    def needless(self, closing: Lexeme) -> Lexeme:
        """The first closing one that is farther in than its partner, or else the one at hand."""
        slips = (closing for opening, closing in self.pairs if _farther_in(opening, closing) < 0)
        return next(slips, closing)


def _not_closed(opening: Lexeme) -> Diagnostic:
    closing = "}" if opening.type == "LBRACE" else ")"
    message = f"'{opening.text}' is not closed"
    return Diagnostic(message, opening.span, "opened here", f"write '{closing}' where it ends")


def _closes_nothing(closing: Lexeme) -> Diagnostic:
    opening = "{" if closing.type == "RBRACE" else "("
    message = f"'{closing.text}' closes nothing"
    return Diagnostic(message, closing.span, help=f"remove it, or write its '{opening}'")


def _farther_in(opening: Lexeme, closing: Lexeme) -> int:
    """By how much the line of an opening bracket is indented more than the one that closes it."""
    return _indent(opening.span) - _indent(closing.span) if _begins_line(closing.span) else 0


def _line(span: Span) -> str:
    return span.source.line(span.source.place(span.start)[0])


def _indent(span: Span) -> int:
    line = _line(span).expandtabs(4)
    return len(line) - len(line.lstrip())


def _begins_line(span: Span) -> bool:
    return not _line(span)[: span.source.place(span.start)[1] - 1].strip()
