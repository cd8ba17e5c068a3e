"""From text to words: what Lark's own lexer does, at a third of its cost.

Lark calls a function or more for each blank and counts lines at every word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from netlang.diagnostic import Source, Span
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.tables import keywords, lark


def scan(source: Source) -> Iterator[Lexeme]:
    """Every word of a text, and every line break with what is blank behind it.

    STRAY of grammars/net.lark takes whatever character nothing else does: none is passed over.
    """
    ignored, reserved = frozenset(lark().lexer_conf.ignore), keywords()
    for found in _words().finditer(source.text):
        type = found.lastgroup or ""
        if type not in ignored:
            text = found[0]
            yield Lexeme(reserved.get(text, type), text, Span(source, *found.span()))


@cache
def _words() -> re.Pattern[str]:
    """All terminals but the keywords, which WORD takes as well."""
    terminals = sorted(lark().terminals, key=_precedence)
    reserved = keywords().values()
    return re.compile(
        "|".join(
            f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in terminals if t.name not in reserved
        )
    )


def _precedence(terminal: Any) -> tuple[int, int, int, str]:
    """Which terminal is tried first, as Lark's reference has it under "Priorities of terminals"."""
    pattern = terminal.pattern
    return -terminal.priority, -pattern.max_width, -len(pattern.value), terminal.name
