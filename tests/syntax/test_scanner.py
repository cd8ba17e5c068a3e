"""Words are those of Lark's own lexer."""

from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark

from netlang.diagnostic import Source
from netlang.ground.resources import grammar, zoo_dir
from netlang.syntax.lines import Lines
from netlang.syntax.scanner import scan

ZOO = sorted(zoo_dir().rglob("*.net"))
PIECES = 'x X 1 0.5 3x3 1:2 40% % 1e-3 "a" " net netx off == = != ! -> - // / # { | ; é'.split(" ")


class AsTheyAre:
    """A step behind Lark's lexer that does nothing."""

    always_accept: ClassVar = Lines.always_accept

    def process(self, stream: Iterable[Any]) -> Iterable[Any]:
        return stream


@cache
def reference() -> Any:
    text = grammar("net").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="basic", start="file", postlex=AsTheyAre())


def agrees(text: str) -> None:
    ours = [(x.type, x.text, x.span.start, x.span.end) for x in scan(Source("", text))]
    theirs = [(t.type, t.value, t.start_pos, t.end_pos) for t in reference().lex(text)]
    assert ours == theirs


@pytest.mark.parametrize("path", ZOO, ids=lambda path: path.stem)
def test_the_zoo(path: Any):
    agrees(path.read_text(encoding="utf-8"))


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, " ", "\n", "\t", "\ufeff"])).map("".join))
def test_pieces(text: str):
    agrees(text)


@settings(max_examples=500, deadline=None)
@given(st.text())
def test_any_text(text: str):
    agrees(text)
