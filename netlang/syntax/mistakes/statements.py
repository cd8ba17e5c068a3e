"""What stands where: declarations, statements, bodies, paths."""

from __future__ import annotations

from netlang.diagnostic import Diagnostic, did_you_mean
from netlang.syntax.mistakes.forms import FORMS
from netlang.syntax.site import DECLARATIONS, SIGNS, STATEMENTS, Site


def outside_of_a_net(site: Site) -> Diagnostic | None:
    """A layer at the top of a file, or `nett a { … }`."""
    if "NET" not in site.accepts:
        return None
    help = did_you_mean(site.here.text, ("net", "block", "use"))
    if site.here.type == "FROM":
        help = f"write '{FORMS['USE']}'"
    if site.here.type == "LET":
        help = "put it into a net, or make it a parameter: net NAME(n = 3) { … }"
    help = help or f"put it between the braces of '{FORMS['NET']}'"
    return Diagnostic(f"{site.what} stands outside of any net", site.here.span, help=help)


def declaration_in_braces(site: Site) -> Diagnostic | None:
    """A `block` within a `net`; where braces pair up, the likely cause is a pair too many."""
    if site.here.type not in DECLARATIONS or "LET" not in site.accepts:
        return None
    help = "nets, blocks and uses stand at the top of a file: is a '}' missing before it?"
    return Diagnostic(f"{site.what} stands inside of braces", site.here.span, help=help)


def begins_with_a_sign(site: Site) -> Diagnostic | None:
    """A line that begins with `,` or `+`: it does not go on with the one before."""
    if not site.begins or site.here.type not in SIGNS | {"NOT", "VIA"}:
        return None
    help = "to go on in a new line, put the whole expression in parentheses"
    if site.before.type != "_END" or site.before.text == ";":
        help = "remove it, or write what stands before it"
    elif site.here.type == "COMMA":
        help = "end the line before with ','"
    elif site.here.type == "VIA":
        help = "write 'shortcut via { … } { … }', in one line"
    elif site.here.type == "NOT":
        help = "a layer's name comes first: LAYER 3x3, 64"
    message = f"no statement begins with {site.what}"
    return Diagnostic(message, site.here.span, help=help)


def not_a_recipe_word(site: Site) -> Diagnostic | None:
    """`train { if on { … } }`, `train { 3 }`."""
    if not (site.begins and site.in_recipe) or "WORD" not in site.accepts:
        return None
    help = "write 'train { WORD …; WORD … }'"
    if site.here.type == "IF":
        help = "write it around the recipe: if CONDITION { train { … } }"
    message = f"{site.what} is no word of a recipe"
    return Diagnostic(message, site.here.span, help=help)


def begins_a_statement(site: Site) -> Diagnostic | None:
    """`relu let n = 3` in one line."""
    if site.here.type not in STATEMENTS | DECLARATIONS or "_END" not in site.accepts:
        return None
    message = f"{site.what} begins a statement of its own"
    return Diagnostic(message, site.here.span, help="start it on a new line, or after ';'")


def else_without_if(site: Site) -> Diagnostic | None:
    """`else` after anything but the body of an `if`."""
    if site.here.type != "ELSE":
        return None
    message = "'else' has no 'if' before it"
    return Diagnostic(message, site.here.span, help=f"write '{FORMS['ELSE']}'")


def path_without_bar(site: Site) -> Diagnostic | None:
    """`branches { conv 1x1, 64 }`."""
    in_branches = "BAR" in site.accepts and "LET" not in site.accepts
    if site.before.type != "LBRACE" or not in_branches:
        return None
    message = "a path of 'branches' begins with '|'"
    return Diagnostic(message, site.here.span, help=f"write '{FORMS['BRANCHES']}'")


def bar_outside_of_branches(site: Site) -> Diagnostic | None:
    """`| conv` in a plain body, or `a || b`."""
    if site.here.type != "BAR" or "EQUAL" in site.accepts:
        return None  # of a parameter's choices, the first is missing its '='
    if site.here.touches(site.after) and site.after.type == "BAR":
        span = site.here.span | site.after.span
        return Diagnostic("'||' is not part of the language", span, help="write 'or'")
    message = "'|' stands outside of 'branches'"
    return Diagnostic(message, site.here.span, help=f"write '{FORMS['BRANCHES']}'")


def braces_of_nothing(site: Site) -> Diagnostic | None:
    """`relu { … }`, or braces with nothing before them."""
    if site.here.type != "LBRACE" or not site.accepts & {"_END", "LET"}:
        return None
    help = "braces follow net, block, group, repeat, shortcut, branches, if, aux or 'N x'"
    return Diagnostic("these braces belong to nothing", site.here.span, help=help)
