"""Syntax errors in the user's terms: what was probably meant, and how to write it.

`MISTAKES` is asked in order, from the most telling rule to the most general; each rule answers for
the mistake it knows and leaves the rest. The parser's own words are never shown.
"""

from __future__ import annotations

from collections.abc import Callable

from netlang.diagnostic import Diagnostic, Span, did_you_mean
from netlang.syntax import site as at
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.site import Site
from netlang.syntax.tables import keywords

FORMS = {
    "USE": 'use NAME, NAME from "path.net"',
    "BLOCK": "block NAME(params) { … }",
    "NET": "net NAME(params) { … }",
    "GROUP": "group NAME { … }",
    "SHORTCUT": "shortcut MODE { … }",
    "BRANCHES": "branches JOIN { | … | … }",
    "REPEAT": "repeat COUNT as i { … }",
    "IF": "if CONDITION { … } else { … }",
    "ELSE": "if CONDITION { … } else { … }",
    "LET": "let NAME = VALUE",
    "AUX": "aux NAME, weight=0.3 { … }",
    "FROM": "from NAME, NAME -> LAYER",
    "TRAIN": "train { WORD …; WORD … }",
    "EVAL": "eval { WORD …; WORD … }",
}

SPELLINGS = {
    **dict.fromkeys("“”„«»'`", 'text stands in straight double quotes: "…"'),
    **dict.fromkeys("–—−", "write '-'"),
    **dict.fromkeys("→⟶➔", "write '->'"),
    **dict.fromkeys("×✕✖", "sizes are written with the letter x: 3x3"),
    **dict.fromkeys("[]", "a list is written without brackets, a size as 3x3"),
    ":": "an attribute is written NAME=VALUE",
    ".": "a number begins with a digit: 0.5; a path stands in double quotes",
    "&": "write 'and'",
    "!": "write 'not', or '!=' for unequal",
    "^": "there is no power; multiply",
    "\\": "a line goes on after '->' or ','",
}


def explain(site: Site) -> Diagnostic:
    """The mistake at a place where the parser cannot go on."""
    return next(filter(None, (mistake(site) for mistake in MISTAKES)))


# ------------------------------------------------------------------------ characters


def stray_character(site: Site) -> Diagnostic | None:
    if site.here.type != "STRAY":
        return None
    char = site.here.text
    help = SPELLINGS.get(char, "")
    if char.isalnum():
        help = "names are made of the letters a to z, digits and '_'"
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    return Diagnostic(f"'{shown}' is not part of the language", site.here.span, help=help)


def unclosed_text(site: Site) -> Diagnostic | None:
    if site.here.type != "UNCLOSED_TEXT":
        return None
    help = "text ends with '\"' on the line where it begins"
    return Diagnostic("this text is not closed", site.here.span, help=help)


def number_glued_to_word(site: Site) -> Diagnostic | None:
    before, here = site.before, site.here
    is_glued = before.type in {"NUMBER", "SIZE"} and before.touches(here)
    if not is_glued or not here.text[:1].isalpha():
        return None
    word = before.text + here.text
    help = "a name begins with a letter, and a count stands apart: 3 x LAYER"
    if word.lower().replace("x", "").isdigit():
        help = f"sizes are written with a small x: {word.lower()}"
    return Diagnostic(f"'{word}' is not a number", before.span | here.span, help=help)


# ------------------------------------------------------------------------ statements


def keyword_as_name(site: Site) -> Diagnostic | None:
    is_keyword = site.here.text in keywords()
    is_attribute = site.wants_value and site.after.type == "EQUAL"
    is_callee = site.before.type == "TIMES" and site.here.type not in at.ELEMENTS
    is_path = site.before.type == "FROM" and site.owner is site.before
    if not is_keyword or not (site.wants_name or is_attribute or is_callee or is_path):
        return None
    if site.before.type == "COMMA" and not is_attribute:
        return None  # the comma is the likelier slip
    word = site.here.text
    message = f"'{word}' is a keyword and cannot be a name"
    return Diagnostic(message, site.here.span, help=f"choose another name, such as '{word}_1'")


def outside_of_a_net(site: Site) -> Diagnostic | None:
    if "NET" not in site.accepts:
        return None
    near = did_you_mean(site.here.text, ("net", "block", "use"))
    help = near or "put it between the braces of 'net NAME { … }'"
    return Diagnostic(f"{site.what} stands outside of any net", site.here.span, help=help)


def declaration_in_a_body(site: Site) -> Diagnostic | None:
    if site.here.type not in at.DECLARATIONS or "LET" not in site.accepts:
        return None
    message = f"{site.what} stands inside of braces"
    help = "nets, blocks and uses stand at the top of a file: is a '}' missing before it?"
    return Diagnostic(message, site.here.span, help=help)


def new_line_missing(site: Site) -> Diagnostic | None:
    starts = at.STATEMENTS | at.DECLARATIONS
    if site.here.type not in starts or "_END" not in site.accepts:
        return None
    message = f"{site.what} begins a statement of its own"
    return Diagnostic(message, site.here.span, help="start it on a new line, or after ';'")


def else_without_if(site: Site) -> Diagnostic | None:
    if site.here.type != "ELSE":
        return None
    message = "'else' has no 'if' before it"
    return Diagnostic(message, site.here.span, help=f"write '{FORMS['ELSE']}'")


def assignment(site: Site) -> Diagnostic | None:
    if site.here.type != "EQUAL":
        return None
    owner, words = site.owner, site.element
    message, help = "this '=' has no name before it", "an attribute is written NAME=VALUE"
    if owner is not None and owner.type in {"IF", "REPEAT"}:
        message, help = "'=' does not compare", "values are compared with '=='"
    elif len(words) == 1 and words[0].type == "WORD":
        name = words[0].text
        message, help = f"'{name}' is no statement", f"a value is named so: let {name} = VALUE"
    return Diagnostic(message, site.here.span, help=help)


def comparison(site: Site) -> Diagnostic | None:
    if site.here.type != "COMPARE" or site.wants_value:
        return None
    if "EQUAL" in site.accepts:
        message, help = f"{site.what} compares", "a value is given with '='"
    else:
        message, help = "comparisons do not chain", "write 'a < b and b < c'"
    return Diagnostic(message, site.here.span, help=help)


def path_without_bar(site: Site) -> Diagnostic | None:
    is_first = site.before.type == "LBRACE" and "BAR" in site.accepts and "LET" not in site.accepts
    if not is_first:
        return None
    message = "a path of 'branches' begins with '|'"
    return Diagnostic(message, site.here.span, help=f"write '{FORMS['BRANCHES']}'")


def bar_outside_of_branches(site: Site) -> Diagnostic | None:
    if site.here.type != "BAR":
        return None
    if site.after.type == "BAR":
        return Diagnostic("'||' is not part of the language", site.here.span, help="write 'or'")
    message = "'|' stands outside of 'branches'"
    return Diagnostic(message, site.here.span, help=f"write '{FORMS['BRANCHES']}'")


# ---------------------------------------------------------------------------- chains


def arrow_to_nothing(site: Site) -> Diagnostic | None:
    if site.before.type != "ARROW" or site.here.type not in at.BREAKS | {"ARROW"}:
        return None
    help = "write the layer it flows into, or remove it"
    return Diagnostic("'->' leads nowhere", site.before.span, help=help)


def statement_in_a_chain(site: Site) -> Diagnostic | None:
    if site.before.type != "ARROW":
        return None
    help = "write a layer here"
    if site.here.type in at.STATEMENTS:
        help = f"start '{site.here.text}' on a new line"
    return Diagnostic(f"{site.what} is not a layer", site.here.span, help=help)


def arrow_from_nothing(site: Site) -> Diagnostic | None:
    if site.here.type != "ARROW":
        return None
    if "LET" in site.accepts:
        message, help = "'->' has nothing before it", "the value that flows in needs no arrow"
    elif site.owner is not None and site.owner.type in {"LET", "AUX"}:
        message, help = f"nothing flows out of '{site.owner.text}'", "go on in a new line"
    elif _in_recipe(site):
        message, help = "nothing flows in a recipe", "write one word a line, or after ';'"
    else:
        return None
    return Diagnostic(message, site.here.span, help=help)


def repeats_an_element(site: Site) -> Diagnostic | None:
    if site.before.type != "TIMES" or site.here.type not in at.ELEMENTS:
        return None
    word = site.here.text
    help = f"put it in braces: x {{ {word} … }}"
    return Diagnostic("'x' repeats one call or one body", site.here.span, help=help)


def misplaced_times(site: Site) -> Diagnostic | None:
    before, here = site.before, site.here
    number_x_number = [before.type, site.after.type] == ["NUMBER", "NUMBER"]
    if "TIMES" not in (before.type, here.type):
        return None
    if here.type == "TIMES" and "LET" in site.accepts:
        return Diagnostic("'x' needs a count before it", here.span, help="write '3 x LAYER'")
    if here.type == "NUMBER" or (here.type == "TIMES" and number_x_number):
        message, help = "a size is written without blanks", "3x3 is a size, 3 x LAYER a repeat"
        return Diagnostic(message, before.span | here.span, help=help)
    if here.type == "TIMES" and any(word.type in {"PLUS", "MINUS"} for word in site.element):
        help = "put the count in parentheses: (n - 1) x LAYER"
        return Diagnostic("this count is a sum", _span(site.element), help=help)
    message = "'x' repeats a layer or a body"
    return Diagnostic(message, _pick(site, "TIMES"), help="write '3 x LAYER' or '3 x { … }'")


def times_missing(site: Site) -> Diagnostic | None:
    """A statement that begins with a value: the count of a repeat, or a layer's name forgotten."""
    if "TIMES" not in site.accepts or site.accepts & {"_END", "EQUAL"}:
        return None
    words = site.element
    value = words[-1].text if len(words) == 1 else "COUNT"
    if site.here.type == "WORD" and words[0].type != "SIZE":
        message, help = "a count stands alone", f"write '{value} x {site.here.text} …'"
    else:
        message, help = "a value is not a layer", "the layer's name comes first: LAYER 3x3, 64"
    return Diagnostic(message, _span(words), help=help)


# ------------------------------------------------------------------------- arguments


def call_with_parentheses(site: Site) -> Diagnostic | None:
    if site.called is None or site.here.type not in {"COMMA", "EQUAL", "RPAR"}:
        return None
    name, opening = site.called
    help = f"write '{name.text} 3x3, 64' rather than '{name.text}(3x3, 64)'"
    if site.here.type == "RPAR":
        help = f"write '{name.text}'"
    return Diagnostic("arguments stand without parentheses", opening.span, help=help)


def value_missing(site: Site) -> Diagnostic | None:
    comma = site.before.type == "COMMA"
    if not (site.wants_value or (comma and site.wants_name)):
        return None
    what = "name" if site.wants_name else "argument" if comma else "value"
    help = "write it, or remove the comma" if comma else _form(site)
    message = f"a {what} is missing after '{site.before.text}'"
    return Diagnostic(message, site.before.span, help=help)


def name_missing(site: Site) -> Diagnostic | None:
    if not site.wants_name:
        return None
    where = f"after '{site.before.text}'"
    return Diagnostic(f"a name is missing {where}", site.before.span, help=_form(site))


def comma_missing(site: Site) -> Diagnostic | None:
    here = site.here
    is_argument = here.type in at.OPERANDS and "COMMA" in site.accepts
    if not is_argument or site.before.type not in at.VALUES:
        return None
    is_layer = here.type == "WORD" and site.after.type != "EQUAL" and "ARROW" in site.accepts
    if is_layer:
        return None
    help = f"write '{site.before.text}, {here.text}'"
    return Diagnostic(f"',' is missing before {site.what}", here.span, help=help)


def arrow_missing(site: Site) -> Diagnostic | None:
    layers = at.ELEMENTS | at.OPERANDS | {"LBRACE"}
    if site.here.type not in layers or "ARROW" not in site.accepts:
        return None
    help = "layers on a line are joined by '->', arguments by ','"
    if site.here.type == "LBRACE":
        message = "these braces belong to nothing"
        help = "a layer has no body; braces follow group, repeat, shortcut, branches or 'N x'"
    elif site.owner is not None and site.owner.type == "FROM":
        message, help = f"'->' is missing before {site.what}", f"write '{FORMS['FROM']}'"
    else:
        message = f"'->' is missing before {site.what}"
    return Diagnostic(message, site.here.span, help=help)


# --------------------------------------------------------------------------- in general


def punctuation_missing(site: Site) -> Diagnostic | None:
    """The one thing that could stand here, when there is but one."""
    for kind, text in {"LBRACE": "{", "EQUAL": "=", "FROM": "from", "TEXT": "path"}.items():
        if kind in site.accepts and "_END" not in site.accepts:
            missing = "a path in double quotes" if kind == "TEXT" else f"'{text}'"
            message = f"{missing} is missing before {site.what}"
            return Diagnostic(message, site.here.span, help=_form(site))
    return None


def anything_else(site: Site) -> Diagnostic:
    if site.here.text in keywords():
        message = f"the keyword {site.what} cannot stand here"
    else:
        message = f"{site.what} cannot stand here"
    return Diagnostic(message, site.here.span, help=_form(site))


MISTAKES: tuple[Callable[[Site], Diagnostic | None], ...] = (
    stray_character,
    unclosed_text,
    number_glued_to_word,
    outside_of_a_net,
    declaration_in_a_body,
    repeats_an_element,
    keyword_as_name,
    new_line_missing,
    else_without_if,
    call_with_parentheses,
    assignment,
    comparison,
    path_without_bar,
    bar_outside_of_branches,
    arrow_to_nothing,
    statement_in_a_chain,
    arrow_from_nothing,
    misplaced_times,
    times_missing,
    value_missing,
    name_missing,
    comma_missing,
    arrow_missing,
    punctuation_missing,
    anything_else,
)


def _form(site: Site) -> str:
    owner = site.owner
    return f"write '{FORMS[owner.type]}'" if owner is not None else ""


def _span(words: list[Lexeme]) -> Span:
    return words[0].span | words[-1].span


def _pick(site: Site, kind: str) -> Span:
    return (site.here if site.here.type == kind else site.before).span


def _in_recipe(site: Site) -> bool:
    brace = site.brace
    return bool(brace) and site.lexemes[brace - 1].type in {"TRAIN", "EVAL"}
