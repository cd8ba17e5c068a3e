"""The parser that Lark makes of grammars/net.lark."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from lark import Lark
from lark import __version__ as lark_version

from netlang.ground.files import user_cache, whole_file
from netlang.ground.resources import grammar
from netlang.syntax.build import Builder
from netlang.syntax.lines import Lines


@cache
def lark() -> Any:
    """The parser, whose tree is made of `netlang.syntax.ast`. It may be shared between threads.

    To build its tables takes ten times as long as to read them, so they are kept in the user's
    cache.
    """
    text = grammar("net").read_text(encoding="utf-8")
    kept = _kept(text)
    if kept is None or kept.exists():
        return _lark(text, kept)
    with suppress(OSError), whole_file(kept) as file:
        return _lark(text, Path(file.name))
    return _lark(text, None)


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
    made_of = f"{text} lark {lark_version} python {sys.version_info[:2]}"
    folder = user_cache()
    return folder and folder / f"grammar-{sha256(made_of.encode()).hexdigest()[:16]}.tables"


@cache
def keywords() -> dict[str, str]:
    """The words that cannot be names, and the terminal of each."""
    texts = {t.pattern.value: t.name for t in lark().terminals if t.pattern.type == "str"}
    return {text: name for text, name in texts.items() if text.isalpha()}
