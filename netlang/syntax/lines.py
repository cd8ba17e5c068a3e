"""Where statements end: keeps the line breaks that end one and drops all the others.

A line goes on where it ends with `->` or `,`, where the next one begins with `->`, and inside
parentheses. A `;` ends a statement whatever stands around it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from netlang.syntax.lexeme import Lexeme

END = "_END"

# At the edges of a body nothing ends.
_OPENS = {None, "LBRACE", "BAR"}
_CLOSES = {"RBRACE", "BAR"}

_GOES_ON_AFTER = _OPENS | {"ARROW", "COMMA"}
_GOES_ON_BEFORE = _CLOSES | {"ARROW", "ELSE", "LBRACE"}


class Lines:
    """The step between words and the parser, as Lark has one: it asks what no rule may name."""

    always_accept: ClassVar = (END, "STRAY", "UNCLOSED_TEXT")

    def process(self, stream: Iterable[Lexeme]) -> Iterator[Lexeme]:
        """`stream` with at most one end between two statements."""
        depth, before, end = 0, None, None
        for lexeme in stream:
            type = lexeme.type
            if type == END:
                if lexeme.text == ";" or (depth == 0 and end is None):
                    end = lexeme
                continue
            if end is not None and _ends(before, end, type):
                yield end
            yield lexeme
            depth += (type == "LPAR") - (type == "RPAR" and depth > 0)
            before, end = type, None


def _ends(before: str | None, end: Lexeme, after: str) -> bool:
    if end.text == ";":
        return before not in _OPENS and after not in _CLOSES
    return before not in _GOES_ON_AFTER and after not in _GOES_ON_BEFORE
