"""A word of the text as the parser takes it."""

from __future__ import annotations

from typing import NamedTuple

from netlang.diagnostic import Span


class Lexeme(NamedTuple):
    """A terminal of grammars/net.lark with its place; Lark asks a token for its `type` alone."""

    type: str
    text: str
    span: Span

    def touches(self, next: Lexeme) -> bool:
        """Whether not even a blank stands between this one and the next."""
        return self.span.end == next.span.start
