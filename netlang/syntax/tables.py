"""The parser that Lark makes of grammars/net.lark."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from lark import Lark
from lark import __version__ as lark_version

from netlang.resources import grammar
from netlang.syntax.build import Builder
from netlang.syntax.lines import Lines


@cache
def lark() -> Any:
    """The parser, whose tree is made of `netlang.syntax.ast`. It may be shared between threads.

    To build its tables takes ten times as long as to read them, so they are kept in the user's
    cache. A file appears there at once and whole: another process may be about to read it.
    """
    text = grammar("net").read_text(encoding="utf-8")
    kept = _kept(text)
    if kept is None or kept.exists():
        return _lark(text, kept)
    fresh = kept.with_suffix(f".{os.getpid()}")
    parser = _lark(text, fresh)
    with suppress(OSError):
        fresh.replace(kept)
    return parser


def _lark(text: str, cache: Path | None) -> Lark:
    """Lark builds what it cannot read from the cache, and says nothing if it cannot write there."""
    return Lark(
        text,
        parser="lalr",
        lexer="basic",
        start="file",
        postlex=Lines(),
        transformer=Builder(),
        cache=str(cache) if cache else False,
    )


def _kept(text: str) -> Path | None:
    """Where the tables of a grammar are kept, or None where no such place can be had."""
    from platformdirs import user_cache_path

    made_of = f"{text} lark {lark_version} python {sys.version_info[:2]}"
    name = f"grammar-{sha256(made_of.encode()).hexdigest()[:16]}.tables"
    try:
        return user_cache_path("netlang", ensure_exists=True) / name
    except OSError:
        return None


@cache
def keywords() -> frozenset[str]:
    """The words that cannot be names."""
    texts: list[str] = [t.pattern.value for t in lark().terminals if t.pattern.type == "str"]
    return frozenset(filter(str.isalpha, texts))
