"""From text to syntax tree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from lark import Lark, Token, UnexpectedToken

from netlang.diagnostic import Source, Span, error
from netlang.resources import grammar
from netlang.syntax import ast
from netlang.syntax.build import Builder
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.lines import Lines
from netlang.syntax.reader import read

__all__ = ["parse", "read"]


def parse(source: Source) -> ast.File:
    """The syntax tree of a file; raises `NetError` with every independent syntax error."""
    parser = _lark().parse_interactive(source.text)
    lexemes = _lexemes(parser, source)
    if len(lexemes) == 1:
        raise error(f"there is no net in '{source.name}'", help="a net begins 'net NAME { … }'")
    for lexeme in lexemes:
        try:
            parser.feed_token(cast(Token, lexeme))
        except UnexpectedToken:
            raise error(f"unexpected '{lexeme.text}'", lexeme.span) from None
    return parser.parser_state.value_stack[-1]


def _lexemes(parser: Any, source: Source) -> list[Lexeme]:
    """All of a text, with its end as the last."""
    tokens: Iterator[Token] = parser.lexer_thread.lex(parser.parser_state)
    lexemes = [
        Lexeme(token.type, token.value, Span(source, token.start_pos or 0, token.end_pos or 0))
        for token in tokens
    ]
    end = len(source.text)
    return [*lexemes, Lexeme("$END", "", Span(source, end, end))]


@cache
def _lark() -> Any:
    return Lark(
        grammar("net").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",
        start="file",
        postlex=Lines(),
        transformer=Builder(),
        cache=_cache_file() or False,
    )


def _cache_file() -> str | None:
    """Where the parser's tables are kept: building them takes ten times as long as reading them.

    None where no such place can be had. Lark itself survives a file that it cannot read or write,
    or that another process is just writing.
    """
    from platformdirs import user_cache_path

    try:
        return str(user_cache_path("netlang", ensure_exists=True) / "net.lark.tables")
    except OSError:
        return None
