"""How much a file may hold of one thing; no network that was ever published comes near.

The stages that follow walk the tree by recursion. These limits keep them within Python's stack.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from netlang.diagnostic import Diagnostic
from netlang.syntax.lexeme import Lexeme

DEEPEST = 32
"""How deep braces and parentheses nest; a rung of an `else if` ladder counts as well."""

LONGEST = 200
"""How many numbers, names, operators and parentheses an expression has."""

LETTERS = 1000
"""How long a word is: errors show it, and a path of a system is shorter."""

LARGEST = 10**15
"""The largest number: beyond, a float cannot tell whole numbers apart for long."""

_EDGES = {"COMMA", "_END", "LBRACE", "RBRACE", "ARROW", "BAR"}


def beyond_limits(lexemes: Sequence[Lexeme]) -> list[Diagnostic]:
    """The first word that has no end, or else numbers and expressions that are beyond bounds."""
    return [*_endless(lexemes)] or [*_too_large(lexemes), *_too_long(lexemes)]


def _endless(lexemes: Iterable[Lexeme]) -> Iterable[Diagnostic]:
    for lexeme in lexemes:
        if lexeme.type != "_END" and len(lexeme.text) > LETTERS:
            message = f"a word of {len(lexeme.text):,} characters, and the limit is {LETTERS:,}"
            yield Diagnostic(message, lexeme.span, help="write a shorter one")
            return


def _too_large(lexemes: Iterable[Lexeme]) -> Iterable[Diagnostic]:
    for lexeme in lexemes:
        if lexeme.type in {"NUMBER", "PERCENT", "SIZE", "NUMBERS"}:
            numbers = map(float, re.split("[x:]", lexeme.text.removesuffix("%")))
            if max(numbers) > LARGEST:
                message = f"no number is larger than {LARGEST:.0e}"
                yield Diagnostic(message, lexeme.span, help="write a smaller one")


def _too_long(lexemes: Iterable[Lexeme]) -> Iterable[Diagnostic]:
    run = list[Lexeme]()
    for lexeme in lexemes:
        run.append(lexeme)
        if lexeme.type in _EDGES:
            run.clear()
        elif len(run) > LONGEST:
            message = f"more than {LONGEST} words and signs in one expression"
            yield Diagnostic(message, run[0].span, help="name its parts with 'let'")
            return
