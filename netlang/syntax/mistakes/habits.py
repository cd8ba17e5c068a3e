"""What is written so in other languages."""

from __future__ import annotations

from itertools import pairwise, takewhile

from netlang.diagnostic import Diagnostic
from netlang.syntax.lexeme import Lexeme
from netlang.syntax.mistakes.forms import CHOOSING, FORMS
from netlang.syntax.site import VALUES, Site

ELSE_IF = {"elif", "elsif", "elseif"}
IMPORTS = {"import", "include", "require"}


def comment(site: Site) -> Diagnostic | None:
    """`// a comment`, `/* a comment */`."""
    here, after = site.here, site.after
    is_slash_star = here.type == "SLASH" and after.type == "STAR" and here.touches(after)
    if here.type != "SLASHES" and not is_slash_star:
        return None
    span = here.span | after.span if is_slash_star else here.span
    mark = "/*" if is_slash_star else "//"
    return Diagnostic(f"'{mark}' begins no comment", span, help="a comment begins with '#'")


def comment_behind_a_layer(site: Site) -> Diagnostic | None:
    """`conv 3x3, 64 // two words`, `relu // a comment`: which began like a division."""
    marks = [pair for pair in pairwise(site.element) if pair[0].type == "SLASHES"]
    if not marks or site.here.type not in {"WORD", "_END", "RBRACE"}:
        return None
    mark, word = marks[-1]
    # What may be divided by is a parameter or a `let`, so that the text has it elsewhere as well.
    pairs = pairwise(site.lexemes)
    is_known = any(b.text == word.text and a.type != "SLASHES" for a, b in pairs)
    if word.type != "WORD" or is_known:
        return None
    return Diagnostic("'//' begins no comment", mark.span, help="a comment begins with '#'")


def power(site: Site) -> Diagnostic | None:
    """`2 ** 3`."""
    stars = site.before, site.here
    if {star.type for star in stars} != {"STAR"} or not site.before.touches(site.here):
        return None
    span = site.before.span | site.here.span
    return Diagnostic("'**' is not part of the language", span, help="there is no power: multiply")


def else_if(site: Site) -> Diagnostic | None:
    """`} elif n == 3 {`, on the same line or the next."""
    words = [*site.element[:1], site.here]
    word = next((w for w in words if w.type == "WORD" and w.text in ELSE_IF), None)
    if word is None:
        return None
    message = f"'{word.text}' is not part of the language"
    return Diagnostic(message, word.span, help="write 'else if CONDITION { … }'")


def function(site: Site) -> Diagnostic | None:
    """`conv 3x3, min(n, 64)`."""
    before, here = site.before, site.here
    is_called = here.type == "LPAR" and before.type == "WORD" and before.touches(here)
    if not is_called or "PLUS" not in site.accepts:
        return None
    message = f"'{before.text}' is no function: there are none"
    return Diagnostic(message, before.span, help=CHOOSING)


def conditional(site: Site) -> Diagnostic | None:
    """`conv 3x3, a if b else c`, `conv 3x3, if b { … }`, but not `conv 3x3, a if b { relu }`."""
    if site.here.type == "IF" and site.wants_value:
        return Diagnostic("'if' is no part of a larger value", site.here.span, help=CHOOSING)
    if site.here.type != "IF" or site.before.type not in VALUES or "PLUS" not in site.accepts:
        return None
    rest = takewhile(
        lambda word: word.type not in {"LBRACE", "_END"}, site.lexemes[site.index + 1 :]
    )
    if all(word.type != "ELSE" for word in rest):
        return None
    return Diagnostic("'if' stands ahead of what it chooses", site.here.span, help=CHOOSING)


def loop(site: Site) -> Diagnostic | None:
    """`for i in 3 {`."""
    words = [*site.element, site.here, site.after]
    if [word.text for word in words[:3:2]] != ["for", "in"]:
        return None
    count = words[3].text if len(words) > 3 and words[3].type in {"NUMBER", "WORD"} else "COUNT"
    count = "COUNT" if count == "range" else count
    help = f"write 'repeat {count} as {words[1].text} {{ … }}'"
    return Diagnostic("'for' is not part of the language", words[0].span, help=help)


def importing(site: Site) -> Diagnostic | None:
    """`import NAME from "path.net"`."""
    if "NET" not in site.accepts or site.here.text not in IMPORTS:
        return None
    help = f"write '{_as_use(site) or FORMS['USE']}'"
    return Diagnostic(f"{site.what} is not part of the language", site.here.span, help=help)


def _as_use(site: Site) -> str:
    """The import as a `use`, where the rest of it is right."""
    words = list[Lexeme](site.lexemes[site.index + 1 :][:4])
    if [word.type for word in words[:3]] != ["WORD", "FROM", "TEXT"]:
        return ""
    return f"use {words[0].text} from {words[2].text}"


def renaming(site: Site) -> Diagnostic | None:
    """`use b as c from "path.net"`."""
    owner = site.owner
    if site.here.type != "AS" or owner is None or owner.type != "USE":
        return None
    help = f"write '{FORMS['USE']}': what is imported keeps its name"
    return Diagnostic("'use' does not rename", site.here.span, help=help)
