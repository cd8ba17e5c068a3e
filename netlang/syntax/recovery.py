"""Going on after a syntax error, so that one run reports the others as well.

What is left of the statement is skipped, with the bodies in it, and all that the parser knows of
the body so far is dropped: nothing will be built of it. A mistake can so hide others in its own
statement, but never cause one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netlang.syntax.lexeme import Lexeme
from netlang.syntax.site import DECLARATIONS

_OPENS = {"LBRACE", "BAR"}
_BODY = {"WORD", "RBRACE"}
"""What may follow the opening of a body: a statement, or its end."""


def resume(parser: Any, lexemes: Sequence[Lexeme], index: int) -> int:
    """Bring the parser back to where a statement can begin; the index of the lexeme to go on with.

    Brackets must pair up in `lexemes`, whose end is an "$END".
    """
    opening, depth = _back_to_a_body(parser)
    if opening is None:
        return _next_declaration(lexemes, index)
    stops = {"_END", "RBRACE"} | ({"BAR"} & {opening.type})
    while depth or lexemes[index].type not in stops:
        depth += _step(lexemes[index])
        index += 1
    return index + (lexemes[index].type == "_END")


def _back_to_a_body(parser: Any) -> tuple[Lexeme | None, int]:
    """Drop what was read since the innermost body began.

    Gives its opening, None at the top of the file, and how many braces were dropped on the way.
    """
    values, states = parser.parser_state.value_stack, parser.parser_state.state_stack
    depth = 0
    while values:
        last = values[-1]
        # The braces of `branches` take no statement and the bar between the choices of a
        # parameter cannot be the last; the braces of a body just read count as closed.
        if isinstance(last, Lexeme):
            if last.type in _OPENS and depth >= 0 and parser.accepts() >= _BODY:
                return last, depth
            depth += _step(last)
        del values[-1], states[-1]
    return None, depth


def _next_declaration(lexemes: Sequence[Lexeme], index: int) -> int:
    depth = 0
    while index + 1 < len(lexemes):
        depth += _step(lexemes[index])
        index += 1
        begins = lexemes[index - 1].type == "_END" and depth == 0
        if begins and lexemes[index].type in DECLARATIONS:
            return index
    return len(lexemes)


def _step(lexeme: Lexeme) -> int:
    return (lexeme.type == "LBRACE") - (lexeme.type == "RBRACE")
