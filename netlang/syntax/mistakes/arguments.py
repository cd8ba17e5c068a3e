"""Arguments of a call and the expressions in them."""

from __future__ import annotations

import re
from itertools import pairwise, takewhile

from netlang.diagnostic import Diagnostic
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.mistakes.forms import form
from netlang.syntax.site import BREAKS, OPERANDS, VALUES, Site


def parentheses_of_a_call(site: Site) -> Diagnostic | None:
    """`conv(3x3, 64)`, `relu()`."""
    if site.called is None or site.here.type not in {"COMMA", "EQUAL", "RPAR"}:
        return None
    name, opening = site.called
    help = f"write '{name.text}' without them"
    if values := _values_in(site, opening):
        help = f"write 'from {', '.join(values)} -> {name.text}'"
    elif not opening.touches(site.here):
        help = f"write '{name.text} 3x3, 64' rather than '{name.text}(3x3, 64)'"
    return Diagnostic("arguments stand without parentheses", opening.span, help=help)


def _values_in(site: Site, opening: Lexeme) -> list[str]:
    """What stands in parentheses, if those are values: several words, or one named with `as`."""
    inside = site.lexemes[site.lexemes.index(opening) + 1 :]
    words = list(takewhile(lambda word: word.type != "RPAR", inside))
    names = [word.text for word in words if word.type == "WORD"]
    given = {word.text for before, word in pairwise(site.lexemes) if before.type == "AS"}
    are_names = all(word.type in {"WORD", "COMMA"} for word in words)
    return names if are_names and (len(names) > 1 or given.issuperset(names)) else []


def value_missing(site: Site) -> Diagnostic | None:
    """`stride=` at the end of a line, `conv 3x3, -> bn`."""
    if not site.wants_value:
        return None
    what, help = "a value", form(site)
    if site.before.type == "COMMA":
        what, help = "an argument", "write it, or remove the comma"
    message = f"{what} is missing after '{site.before.text}'"
    return Diagnostic(message, site.before.span, help=help)


def assignment(site: Site) -> Diagnostic | None:
    """`if n = 3`, `width = 64`, `y = conv 3x3, 64`, `a=b=c`."""
    if site.here.type != "EQUAL":
        return None
    owner, words = site.owner, site.element
    message, help = "this '=' has no name before it", "an attribute is written NAME=VALUE"
    if "EQUAL" in takewhile(lambda kind: kind != "COMMA", (word.type for word in reversed(words))):
        message, help = "a second '=' in one argument", "arguments are separated by ','"
    if owner is not None and owner.type in {"IF", "REPEAT"}:
        message, help = "'=' does not compare", "values are compared with '=='"
    elif len(words) == 1 and site.in_recipe:
        message = "an attribute without its word"
        help = f"write the word of the recipe first: WORD {words[0].text}=…"
    elif len(words) == 1 and (layer := _layer_behind(site)):
        message = "a layer's result is named behind it, with 'as'"
        help = f"write '{layer} as {words[0].text}'"
    elif len(words) == 1:
        message = f"'{words[0].text}' is given a value without 'let'"
        help = f"write 'let {words[0].text} = VALUE', or 'LAYER as {words[0].text}'"
    return Diagnostic(message, site.here.span, help=help)


def _layer_behind(site: Site) -> str:
    """The call behind a `=`, if that is one rather than a value."""
    rest = site.lexemes[site.index + 1 :]
    words = list(takewhile(lambda word: word.type not in BREAKS | {"LBRACE"}, rest))
    if len(words) < 2 or words[0].type != "WORD" or words[1].type not in OPERANDS | {"ARROW"}:
        return ""
    span = words[0].span | words[-1].span
    return span.source.text[span.start : span.end] if words[1].type != "LPAR" else "LAYER"


def comparison(site: Site) -> Diagnostic | None:
    """`let n == 3`, `1 < n < 4`."""
    if site.here.type != "COMPARE":
        return None
    if "EQUAL" in site.accepts:
        message, help = f"{site.what} compares", "a value is given with '='"
    else:
        message, help = "comparisons do not chain", "write 'a < b and b < c'"
    return Diagnostic(message, site.here.span, help=help)


def comma_after_callee(site: Site) -> Diagnostic | None:
    """`conv, 64`, and `conv3x3, 64` where a blank was forgotten."""
    if site.here.type != "COMMA" or site.before.type != "WORD" or "NUMBER" not in site.accepts:
        return None
    help = "the first argument follows its layer after a blank"
    if parts := re.fullmatch(r"([A-Za-z_]+)(\d+(?:x\d+)*)", site.before.text):
        help = f"write '{parts[1]} {parts[2]}' with a blank between"
    return Diagnostic("an argument is missing before ','", site.here.span, help=help)


def operator_missing(site: Site) -> Diagnostic | None:
    """`(a b)`, `if a b { … }`."""
    if site.here.type not in OPERANDS or "PLUS" not in site.accepts:
        return None
    message = f"an operator is missing before {site.what}"
    return Diagnostic(message, site.here.span, help="such as +, -, *, ==, and, or")


def comma_missing(site: Site) -> Diagnostic | None:
    """`conv 3x3 64`, `conv 3x3, 64 stride=2`, but not `conv 3x3, 64 bn`."""
    here, accepts = site.here, site.accepts
    if here.type not in OPERANDS or "COMMA" not in accepts or site.before.type not in VALUES:
        return None
    if here.type == "WORD" and "ARROW" in accepts and site.after.type != "EQUAL":
        return None  # more likely a layer
    if here.type != "WORD" and accepts & {"FROM", "EQUAL"}:
        return None  # `use a "b.net"`, `net a(n 3)`: only a name can follow a comma there
    help = f"write '{site.before.text}, {here.text}'"
    return Diagnostic(f"',' is missing before {site.what}", here.span, help=help)
