"""A word of the text as the parser takes it."""

from __future__ import annotations

from dataclasses import dataclass

from netlang.diagnostic import Span


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A terminal of grammars/net.lark with its place; Lark asks a token for its `type` alone."""

    type: str
    text: str
    span: Span

    @property
    def is_keyword(self) -> bool:
        return self.text.isalpha() and self.type == _KEYWORD_TYPES.get(self.text, self.text.upper())


_KEYWORD_TYPES = {"x": "TIMES"}
