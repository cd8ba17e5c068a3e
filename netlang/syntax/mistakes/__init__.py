"""Syntax errors in the user's terms: what was probably meant, and how to write it.

A rule is a function that knows one mistake: it gives the diagnostic, or None where it sees another.
The rules are asked in order, from the most telling to the most general. None of them shows the
parser's own words.
"""

from __future__ import annotations

from collections.abc import Callable

from netlang.diagnostic import Diagnostic
from netlang.syntax.mistakes import arguments, chains, habits, statements, words
from netlang.syntax.mistakes.forms import form
from netlang.syntax.site import Site
from netlang.syntax.tables import keywords

MISTAKES: tuple[Callable[[Site], Diagnostic | None], ...] = (
    words.stray_character,
    words.unclosed_text,
    words.glued_to_a_number,
    habits.comment,
    habits.comment_behind_a_layer,
    habits.power,
    habits.function,
    habits.conditional,
    habits.else_if,
    habits.loop,
    habits.importing,
    habits.renaming,
    statements.outside_of_a_net,
    statements.declaration_in_braces,
    statements.begins_with_a_sign,
    statements.not_a_recipe_word,
    words.keyword_as_name,
    words.name_missing,
    statements.begins_a_statement,
    arguments.parentheses_of_a_call,
    arguments.value_missing,
    arguments.assignment,
    arguments.comparison,
    statements.else_without_if,
    statements.path_without_bar,
    statements.bar_outside_of_branches,
    statements.braces_of_nothing,
    chains.sum_of_values,
    chains.count_with_a_star,
    chains.misplaced_times,
    chains.times_missing,
    chains.arrow_to_nothing,
    chains.not_a_layer,
    chains.arrow_from_nothing,
    arguments.comma_after_callee,
    arguments.comma_missing,
    chains.arrow_missing,
    chains.misplaced_as,
    words.one_word_missing,
    arguments.operator_missing,
)


def explain(site: Site) -> Diagnostic:
    """The mistake at a place where the parser cannot go on."""
    known = filter(None, (rule(site) for rule in MISTAKES))
    return next(known, None) or _misplaced(site)


def _misplaced(site: Site) -> Diagnostic:
    keyword = "the keyword " if site.here.text in keywords() else ""
    message = f"{keyword}{site.what} cannot stand here"
    return Diagnostic(message, site.here.span, help=form(site))
