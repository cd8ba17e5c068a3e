"""Arrows and repeats."""

from __future__ import annotations

from itertools import takewhile

from netlang.diagnostic import Diagnostic, Span
from netlang.syntax.site import BREAKS, ELEMENTS, OPERANDS, STATEMENTS, Site


def arrow_to_nothing(site: Site) -> Diagnostic | None:
    """`relu -> }`."""
    if site.before.type != "ARROW" or site.here.type not in BREAKS | {"ARROW"}:
        return None
    help = "write the layer it flows into, or remove it"
    return Diagnostic("'->' leads nowhere", site.before.span, help=help)


def not_a_layer(site: Site) -> Diagnostic | None:
    """`relu -> let n = 3`."""
    if site.before.type != "ARROW":
        return None
    help = "write a layer here"
    if site.here.type in STATEMENTS:
        help = f"start '{site.here.text}' on a new line"
    return Diagnostic(f"{site.what} is not a layer", site.here.span, help=help)


def arrow_from_nothing(site: Site) -> Diagnostic | None:
    """`{ -> relu }`, `let n = 3 -> relu`, `train { sgd -> cosine }`."""
    if site.here.type != "ARROW":
        return None
    if "LET" in site.accepts:
        message, help = "'->' has nothing before it", "the value that flows in needs no arrow"
    elif site.owner is not None and site.owner.type in {"LET", "AUX"}:
        message, help = f"nothing flows out of '{site.owner.text}'", "start a new line after it"
    elif site.in_recipe:
        message, help = "nothing flows in a recipe", "write one word a line, or after ';'"
    else:
        return None
    return Diagnostic(message, site.here.span, help=help)


def arrow_missing(site: Site) -> Diagnostic | None:
    """`conv 3x3, 64 bn`, `group a { … } group b { … }`."""
    if site.here.type not in ELEMENTS | OPERANDS or not site.accepts >= {"ARROW", "_END"}:
        return None
    help = "layers on a line are joined by '->', arguments by ','"
    return Diagnostic(f"'->' is missing before {site.what}", site.here.span, help=help)


def misplaced_as(site: Site) -> Diagnostic | None:
    """`relu as a as b`, `let n = 3 as m`."""
    if site.here.type != "AS":
        return None
    named = any(word.type == "AS" for word in site.element)
    message = "this result has a name already" if named else "'as' names the result of a layer"
    return Diagnostic(message, site.here.span, help="write 'LAYER as NAME'")


def sum_of_values(site: Site) -> Diagnostic | None:
    """`from a + b -> relu`, `from a * b`."""
    join = {"PLUS": "add", "STAR": "mul"}.get(site.here.type)
    if site.owner is None or site.owner.type != "FROM" or join is None:
        return None
    rest = site.lexemes[site.index :]
    signed = zip(rest[::2], rest[1::2], strict=False)
    names = [name.text for _, name in takewhile(lambda pair: pair[0].type == rest[0].type, signed)]
    help = f"write 'from {', '.join([site.before.text, *names])} -> {join} -> …'"
    return Diagnostic("values are joined by a layer", site.here.span, help=help)


def count_with_a_star(site: Site) -> Diagnostic | None:
    """`4 * conv 3x3, 64`, `4 * relu`, but not `2 * n relu`."""
    star = next((word for word in site.element[-2:-1] if word.type == "STAR"), None)
    is_count = "TIMES" in site.accepts and not site.accepts & {"_END", "EQUAL"}
    is_layer = site.before.type == "WORD" and (site.here.type != "WORD" or site.after.text == ",")
    if star is None or not (is_count and is_layer):
        return None
    source, start = star.span.source, site.element_span.start
    count = source.text[start : star.span.start].rstrip()
    help = f"write '{count} x {site.before.text} …'"
    return Diagnostic("a layer is repeated with 'x'", star.span, help=help)


def misplaced_times(site: Site) -> Diagnostic | None:
    """`x` with nothing to repeat, without a count, after a sum, or within a size."""
    before, here = site.before, site.here
    if here.type == "TIMES":
        if "LET" in site.accepts or before.type == "ARROW":
            return Diagnostic("'x' needs a count before it", here.span, help=_LAYER)
        if before.type == "NUMBER" and site.after.type == "NUMBER":
            return _blanks(before.span | site.after.span)
        if {"PLUS", "MINUS"} & {word.type for word in site.element}:
            help = f"put it in parentheses: ({site.element_text}) x LAYER"
            return Diagnostic("this count is a sum", site.element_span, help=help)
        return Diagnostic("'x' stands before its layer", here.span, help=_LAYER)
    if before.type == "TIMES":
        if here.type == "NUMBER":
            return _blanks(site.element_span | here.span)
        return Diagnostic("'x' has nothing to repeat", before.span, help=_LAYER)
    return None


_LAYER = "write '3 x LAYER' or '3 x { … }'"


def _blanks(span: Span) -> Diagnostic:
    help = "3x3 is a size, 3 x LAYER is a repeat"
    return Diagnostic("a size is written without blanks", span, help=help)


def times_missing(site: Site) -> Diagnostic | None:
    """A statement that begins with a value: `3 bottleneck 64`, or `3x3 conv`."""
    if "TIMES" not in site.accepts or site.accepts & {"_END", "EQUAL"}:
        return None
    if site.here.type == "WORD" and site.element[0].type != "SIZE":
        help = f"write '{site.element_text} x {site.here.text}'"
        return Diagnostic("'x' is missing after this count", site.element_span, help=help)
    help = "a layer's name comes first: LAYER 3x3, 64"
    return Diagnostic("a value is not a layer", site.element_span, help=help)
