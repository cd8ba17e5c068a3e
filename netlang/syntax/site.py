"""The place where a text stops making sense, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from netlang.diagnostic import Span
from netlang.syntax.lexeme import Lexeme

OPERANDS = {"NUMBER", "PERCENT", "SIZE", "NUMBERS", "TEXT", "ON", "OFF", "WORD", "LPAR"}
"""What a value can begin with, but for `-` and `not`."""

VALUES = OPERANDS - {"LPAR"} | {"RPAR"}
"""What a value can end with."""

SIGNS = {"COMMA", "PLUS", "STAR", "SLASH", "MODULO", "COMPARE", "AND", "OR"}
"""What joins what is before it to what follows."""

ELEMENTS = {"REPEAT", "GROUP", "SHORTCUT", "BRANCHES", "IF"}
"""The keywords that stand for an element of a chain."""

STATEMENTS = {"LET", "AUX", "TRAIN", "EVAL", "FROM"}
"""The keywords that begin a statement and stand nowhere in a chain."""

DECLARATIONS = {"USE", "BLOCK", "NET"}

BREAKS = {"_END", "RBRACE", "BAR", "$END"}
"""Where a statement can be over."""

_STARTS = {"_END", "LBRACE", "BAR"}


@dataclass(frozen=True)
class Site:
    """The lexeme at `index` cannot stand there; those whose types are in `accepts` could."""

    lexemes: Sequence[Lexeme]
    index: int
    accepts: frozenset[str]

    @property
    def here(self) -> Lexeme:
        return self.lexemes[self.index]

    @property
    def before(self) -> Lexeme:
        """The lexeme before, or an empty one at the start of the file."""
        if self.index:
            return self.lexemes[self.index - 1]
        return Lexeme("START", "", Span(self.here.span.source, 0, 0))

    @property
    def after(self) -> Lexeme:
        return self.lexemes[min(self.index + 1, len(self.lexemes) - 1)]

    @property
    def begins(self) -> bool:
        """Whether a statement begins here."""
        is_start = self.before.type in _STARTS and self.before.type != "BAR"
        return is_start or "LET" in self.accepts  # a bar parts the choices of a parameter, too

    def backwards(self) -> Iterator[Lexeme]:
        """The statement so far, last word first, without the bodies in it."""
        depth = 0
        for lexeme in reversed(self.lexemes[: self.index]):
            depth += lexeme.type == "RBRACE"
            if depth == 0 and lexeme.type in _STARTS:
                return
            if depth == 0:
                yield lexeme
            depth -= lexeme.type == "LBRACE"

    @property
    def element(self) -> list[Lexeme]:
        """The element of the chain so far: the statement since the last arrow."""
        words = list[Lexeme]()
        for lexeme in self.backwards():
            if lexeme.type == "ARROW":
                break
            words.insert(0, lexeme)
        return words

    @property
    def element_span(self) -> Span:
        return self.element[0].span | self.element[-1].span

    @property
    def element_text(self) -> str:
        span = self.element_span
        return span.source.text[span.start : span.end]

    @property
    def owner(self) -> Lexeme | None:
        """The keyword whose construct is being written, if any."""
        words = self.element
        if words and words[0].type == "USE":
            return words[0]
        kinds = ELEMENTS | STATEMENTS | DECLARATIONS | {"ELSE"}
        return next((word for word in reversed(words) if word.type in kinds), None)

    @property
    def in_recipe(self) -> bool:
        depth = 0
        for word, brace in reversed(list(pairwise(self.lexemes[: self.index]))):
            depth += (brace.type == "LBRACE") - (brace.type == "RBRACE")
            if depth > 0:
                return word.type in {"TRAIN", "EVAL"}
        return False

    @property
    def called(self) -> tuple[Lexeme, Lexeme] | None:
        """The word and the parenthesis of `conv(`, where one is open."""
        words, depth = self.element, 0
        for name, opening in reversed(list(pairwise(words))):
            depth += (opening.type == "RPAR") - (opening.type == "LPAR")
            if depth < 0:
                is_call = name.type == "WORD" and words[0].type not in DECLARATIONS
                return (name, opening) if is_call else None
        return None

    @property
    def wants_name(self) -> bool:
        return "WORD" in self.accepts and not self.accepts & {"NUMBER", "LBRACE", "GROUP"}

    @property
    def wants_value(self) -> bool:
        return "NUMBER" in self.accepts and not self.accepts & {"_END", "LBRACE", "GROUP"}

    @property
    def what(self) -> str:
        """What stands here, as a person would call it."""
        if self.here.type == "$END":
            return "the end of the file"
        if self.here.type == "_END" and self.here.text != ";":
            return "the end of the line"
        return f"'{self.here.text}'"
