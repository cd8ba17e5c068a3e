"""Characters, numbers and names."""

from __future__ import annotations

from netlang.diagnostic import Diagnostic
from netlang.syntax.mistakes.forms import CHOOSING, form
from netlang.syntax.site import BREAKS, ELEMENTS, Site
from netlang.syntax.tables import keywords

SPELLINGS = {
    **dict.fromkeys("“”„«»'`", 'text stands in straight double quotes: "…"'),
    **dict.fromkeys("–—−", "write '-'"),
    **dict.fromkeys("→⟶➔", "write '->'"),
    **dict.fromkeys("×✕✖", "sizes are written with the letter x: 3x3"),
    **dict.fromkeys("[]", "a list is written without brackets, a size as 3x3"),
    ":": "an attribute is written NAME=VALUE",
    ".": "a number begins with a digit, as 0.5 does; a path stands in double quotes",
    "&": "write 'and'",
    "!": "write 'not', or '!=' for unequal",
    "^": "there is no power: multiply",
    "?": CHOOSING,
    "\\": "a line goes on after '->' or ','",
}


def stray_character(site: Site) -> Diagnostic | None:
    """`conv 3×3`: a character that no word of the language has."""
    if site.here.type != "STRAY":
        return None
    char = site.here.text
    help = SPELLINGS.get(char, "")
    if char.isalnum():
        help = "names are made of the letters a to z, digits and '_'"
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    return Diagnostic(f"'{shown}' is not part of the language", site.here.span, help=help)


def unclosed_text(site: Site) -> Diagnostic | None:
    """`"blocks/residual.net` without its second quote."""
    if site.here.type != "UNCLOSED_TEXT":
        return None
    help = "text ends with '\"' on the line where it begins"
    return Diagnostic("this text is not closed", site.here.span, help=help)


def glued_to_a_number(site: Site) -> Diagnostic | None:
    """`3X3`, `64k`, `3bottleneck`."""
    before, here = site.before, site.here
    is_glued = before.type in {"NUMBER", "SIZE"} and before.touches(here)
    if not is_glued or not here.text[:1].isalpha():
        return None
    word = before.text + here.text
    help = "a name begins with a letter, and a count stands apart: 3 x LAYER"
    if here.text.lower() == "x":
        help = f"write '{before.text}', without the x"  # a factor, as papers write it
    elif word.lower().replace("x", "").isdigit():
        help = f"sizes are written with a small x: {word.lower()}"
    return Diagnostic(f"'{word}' is not a number", before.span | here.span, help=help)


def keyword_as_name(site: Site) -> Diagnostic | None:
    """`let from = 3`, `conv 3x3, group=2`, `3 x block 64`."""
    before, here = site.before, site.here
    is_attribute = site.wants_value and site.after.type == "EQUAL"
    is_value = site.wants_value and site.after.type in BREAKS | {"COMMA", "ARROW", "RPAR"}
    is_callee = before.type == "TIMES" and here.type not in ELEMENTS
    is_name = site.wants_name and not _begins_path(site)
    if here.text not in keywords() or not (is_attribute or is_value or is_callee or is_name):
        return None
    message = f"'{here.text}' is a keyword and cannot be a name"
    return Diagnostic(message, here.span, help=f"choose another name, such as '{here.text}_1'")


def _begins_path(site: Site) -> bool:
    """Whether this is the `from` of `use from "blocks.net"`."""
    return site.here.type == "FROM" and site.after.type == "TEXT"


def name_missing(site: Site) -> Diagnostic | None:
    """`group { … }`, `relu as`."""
    if not site.wants_name:
        return None
    help = "write it, or remove the comma" if site.before.type == "COMMA" else form(site)
    message = f"a name is missing after '{site.before.text}'"
    return Diagnostic(message, site.before.span, help=help)


ONE_WORD = {
    "LBRACE": "'{'",
    "EQUAL": "'='",
    "FROM": "'from'",
    "TEXT": "a path in double quotes",
    "ARROW": "'->'",
    "LPAR": "'('",
    "ELSE": "'else'",
}


def one_word_missing(site: Site) -> Diagnostic | None:
    """Where a statement cannot be over, and the word that it still needs is one of few."""
    if "_END" in site.accepts:
        return None
    for word in (word for kind, word in ONE_WORD.items() if kind in site.accepts):
        message = f"{word} is missing after '{site.before.text}'"
        return Diagnostic(message, site.before.span, help=form(site))
    return None
