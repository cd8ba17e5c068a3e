"""The parser that Lark makes of grammars/net.lark."""

from __future__ import annotations

from functools import cache
from typing import Any

from lark import Lark

from netlang.resources import grammar
from netlang.syntax.build import Builder
from netlang.syntax.lines import Lines


@cache
def lark() -> Any:
    """The parser, whose tree is made of `netlang.syntax.ast`. It may be shared between threads."""
    return Lark(
        grammar("net").read_text(encoding="utf-8"),
        parser="lalr",
        lexer="basic",
        start="file",
        postlex=Lines(),
        transformer=Builder(),
        cache=_cache_file() or False,
    )


@cache
def keywords() -> frozenset[str]:
    """The words that cannot be names."""
    texts: list[str] = [t.pattern.value for t in lark().terminals if t.pattern.type == "str"]
    return frozenset(filter(str.isalpha, texts))


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
