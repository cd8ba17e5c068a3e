"""Collects the words of `train` and `eval`, parts of which may stand in blocks and in choices."""

from __future__ import annotations

from dataclasses import dataclass, field

from netlang.diagnostic import did_you_mean, error
from netlang.lower import bind
from netlang.lower.flow import Frame, Lost
from netlang.lower.ledger import Ledger
from netlang.recipe import RECIPES, Word
from netlang.syntax import ast


@dataclass
class Recipes:
    """The recipes so far, by kind."""

    ledger: Ledger
    words: dict[str, list[Word]] = field(default_factory=dict[str, "list[Word]"])

    def all(self) -> tuple[tuple[str, tuple[Word, ...]], ...]:
        """The recipes as a graph keeps them."""
        return tuple((kind, tuple(words)) for kind, words in self.words.items())

    def read(self, recipe: ast.Recipe, frame: Frame) -> None:
        """Adds the words of a recipe."""
        kind = recipe.kind.name
        words = self.words.setdefault(kind, [])
        for call in recipe.calls:
            word = self.ledger.guard(lambda c=call: self._word(kind, c, frame), frame.calls)
            if not isinstance(word, Lost):
                words.append(word)

    def _word(self, kind: str, call: ast.Call, frame: Frame) -> Word:
        known, callee = RECIPES[kind], call.callee
        if callee.name not in known:
            near = did_you_mean(callee.name, known) or f"it knows {', '.join(known)}"
            raise error(f"'{kind}' knows no '{callee.name}'", callee.span, "unknown word", near)
        cls = known[callee.name]
        if not cls.repeats and any(isinstance(word, cls) for word in self.words[kind]):
            raise error(f"'{callee.name}' is given twice", callee.span, "again here")
        return bind.build(cls, callee, call.arguments, frame.evaluator(None)).value
