"""From text to syntax tree."""

from __future__ import annotations

from typing import Any, cast

from lark import Token, UnexpectedToken

from netlang.diagnostic import Diagnostic, NetError, Source, Span, error
from netlang.syntax import ast
from netlang.syntax.brackets import misnested
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.limits import beyond_limits
from netlang.syntax.lines import Lines
from netlang.syntax.mistakes import explain
from netlang.syntax.reader import read
from netlang.syntax.recovery import resume
from netlang.syntax.scanner import scan
from netlang.syntax.site import Site
from netlang.syntax.tables import lark

__all__ = ["parse", "read"]

MOST = 20
"""How many errors in the syntax of a file one run reports: nobody reads more."""


def parse(source: Source) -> ast.File:
    """The syntax tree of a file; raises `NetError` with every independent syntax error."""
    lexemes = _lexemes(source)
    if len(lexemes) == 1:
        raise error(f"there is no net in '{source.name}'", help="a net begins 'net NAME { … }'")
    parser = lark().parse_interactive("")
    problems = _unparsable(lexemes) or _feed(parser, lexemes)
    if problems:
        raise NetError(*problems)
    return parser.parser_state.value_stack[-1]


def _feed(parser: Any, lexemes: list[Lexeme]) -> list[Diagnostic]:
    """Run the parser; without a problem the tree is then on its stack."""
    problems, index = list[Diagnostic](), 0
    while index < len(lexemes):
        try:
            parser.feed_token(cast(Token, lexemes[index]))
            index += 1
        except UnexpectedToken:
            if len(problems) == MOST:
                return [*problems, _more(lexemes[index].span)]
            problems.append(explain(Site(lexemes, index, frozenset(parser.accepts()))))
            index = resume(parser, lexemes, index)
    return problems


def _more(span: Span) -> Diagnostic:
    """What stands at the first error that is not explained."""
    help = f"mend the {MOST} that are explained first"
    return Diagnostic("there are more mistakes in this file", span, "the next one", help)


def _unparsable(lexemes: list[Lexeme]) -> list[Diagnostic]:
    """What makes it pointless, or unsafe, to look for more."""
    if bracket := misnested(lexemes):
        # A text that is not closed may have swallowed the bracket.
        texts = [i for i, lexeme in enumerate(lexemes) if lexeme.type == "UNCLOSED_TEXT"]
        return [explain(Site(lexemes, i, frozenset())) for i in texts] or [bracket]
    return beyond_limits(lexemes)


def _lexemes(source: Source) -> list[Lexeme]:
    """All of a text, with its end as the last."""
    end = len(source.text)
    return [*Lines().process(scan(source)), Lexeme("$END", "", Span(source, end, end))]
