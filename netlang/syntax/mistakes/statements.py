"""What stands where: declarations, statements, bodies, paths."""

from __future__ import annotations

from netlang.diagnostic import Diagnostic, did_you_mean
from netlang.syntax.mistakes.forms import FORMS
from netlang.syntax.site import DECLARATIONS, STATEMENTS, Site


def outside_of_a_net(site: Site) -> Diagnostic | None:
    """A layer at the top of a file, or `nett a { … }`."""
    if "NET" not in site.accepts:
        return None
    help = did_you_mean(site.here.text, ("net", "block", "use"))
    if site.here.type == "FROM":
        help = f"write '{FORMS['USE']}'"
    help = help or f"put it between the braces of '{FORMS['NET']}'"
    return Diagnostic(f"{site.what} stands outside of any net", site.here.span, help=help)


def declaration_in_braces(site: Site) -> Diagnostic | None:
    """A `block` within a `net`; where braces pair up, the likely cause is a pair too many."""
    if site.here.type not in DECLARATIONS or "LET" not in site.accepts:
        return None
    help = "nets, blocks and uses stand at the top of a file: is a '}' missing before it?"
    return Diagnostic(f"{site.what} stands inside of braces", site.here.span, help=help)


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
