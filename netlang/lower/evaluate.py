"""Expressions: settled before the graph is built."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeGuard

from netlang.diagnostic import Diagnostic, Label, NetError, Span, did_you_mean, error
from netlang.ir.attributes import Value, show
from netlang.ir.types import TensorType
from netlang.syntax import ast
from netlang.syntax.limits import LARGEST

OF_THE_FLOW = ("channels", "height", "width")
"""Names that are those of the value flowing in, where nothing else is called so."""


class SilentError(Exception):
    """Something is unknown because of a mistake that has been reported already."""


@dataclass(frozen=True)
class Choices:
    """What a parameter may be, and where it says so."""

    name: ast.Name
    values: tuple[Value, ...]
    span: Span

    def refuse(self, value: Value, place: Span) -> NetError:
        """The error for a value that is none of them."""
        *first, last = map(describe, self.values)
        message = f"'{self.name.name}' is {', '.join(first)} or {last}, not {describe(value)}"
        near = did_you_mean(str(value), [c for c in self.values if isinstance(c, str)])
        related = (Label(self.span, "its choices"),) if place != self.span else ()
        return NetError(Diagnostic(message, place, help=near, related=related))


@dataclass
class Scope:
    """The names that an expression may use: parameters, `let`s, and the flowing value's shape.

    `choices` are those of the parameters that list what they may be, `places` say where a name was
    bound, unless it is a parameter, and `ended` where in bodies inside this one.
    """

    values: dict[str, Value | None] = field(default_factory=dict[str, "Value | None"])
    parent: Scope | None = None
    choices: dict[str, Choices] = field(default_factory=dict[str, Choices])
    places: dict[str, Span] = field(default_factory=dict[str, Span])
    ended: dict[str, Span] = field(default_factory=dict[str, Span])

    def inner(self) -> Scope:
        """A scope inside this one."""
        return Scope(parent=self)

    def knows(self, name: str) -> bool:
        """Whether the name is bound here or further out."""
        return name in self.values or (self.parent is not None and self.parent.knows(name))

    def get(self, name: str) -> Value:
        """The value of a bound name; raises `SilentError` where its definition failed."""
        if name not in self.values:
            assert self.parent is not None
            return self.parent.get(name)
        value = self.values[name]
        if value is None:
            raise SilentError
        return value

    def bind(self, name: ast.Name, value: Value | None) -> None:
        """Gives a name its value until this scope ends; None where that is lost."""
        self.values[name.name] = value
        self.places[name.name] = name.span
        outer = self.parent
        while outer is not None:
            outer.ended[name.name] = name.span
            outer = outer.parent

    def bound_at(self, name: str) -> Span | None:
        """Where a name was bound, here or further out; None for a parameter."""
        if name in self.values or self.parent is None:
            return self.places.get(name)
        return self.parent.bound_at(name)

    def ended_at(self, name: str) -> Span | None:
        """Where a name was bound in a body that is over."""
        further_out = self.parent.ended_at(name) if self.parent else None
        return self.ended.get(name, further_out)

    def choices_of(self, name: str) -> Choices | None:
        """What a bound name may be, where it is a parameter that says so."""
        if name in self.values or self.parent is None:
            return self.choices.get(name)
        return self.parent.choices_of(name)

    def names(self) -> list[str]:
        """Every bound name."""
        return [*self.values, *(self.parent.names() if self.parent else ())]


@dataclass(frozen=True)
class Evaluator:
    """Evaluates expressions in a scope, next to a flowing value (None: there is none yet)."""

    scope: Scope
    flowing: TensorType | None
    is_lost: bool = False

    def given(self, value: ast.Given) -> Value:
        """The value that a `let` gives: of a choice, the side that is chosen alone is looked at."""
        while isinstance(value, ast.Conditional):
            is_so = self.switch(value.condition, "'if' takes a condition")
            value = value.then if is_so else value.otherwise
        return self.value(value)

    def value(self, expr: ast.Expr) -> Value:
        """The value of an expression; raises `NetError` or `SilentError`."""
        match expr:
            case ast.Number():
                return _bounded(expr.value, expr.span)
            case ast.SizeLiteral():
                for dim in expr.dims:
                    _bounded(dim, expr.span)
                return expr.dims
            case ast.Numbers():
                for number in expr.values:
                    _bounded(number, expr.span)
                return expr.values
            case ast.Switch() | ast.Text():
                return expr.value
            case ast.Name():
                return self._name(expr)
            case ast.Unary():
                return self._unary(expr)
            case ast.Binary():
                return self._binary(expr)

    def _name(self, expr: ast.Name) -> Value:
        if self.scope.knows(expr.name):
            return self.scope.get(expr.name)
        if expr.name in OF_THE_FLOW:
            if self.is_lost:
                raise SilentError
            if self.flowing is None:
                raise error(
                    f"'{expr.name}' is that of the value flowing in, and none is", expr.span
                )
            return int(getattr(self.flowing, expr.name))
        # A plain word: the layer that gets it knows whether it is one of its own.
        return expr.name

    def _unary(self, expr: ast.Unary) -> Value:
        if expr.operator == "not":
            return not self._switch(expr.operand)
        return -self.number(expr.operand)

    def _binary(self, expr: ast.Binary) -> Value:
        name = expr.operator
        if name in ("and", "or"):
            # Both sides are looked at, so that a mistake on the right is always found.
            left, right = self._switch(expr.left), self._switch(expr.right)
            return (left and right) if name == "and" else (left or right)
        if name in ("==", "!="):
            return self._same(expr) == (name == "==")
        left, right = self.number(expr.left), self.number(expr.right)
        if name in COMPARE:
            return COMPARE[name](left, right)
        if name in ("/", "//", "%") and right == 0:
            raise error("division by zero", expr.right.span, "this is 0")
        try:
            return _bounded(ARITHMETIC[name](left, right), expr.span)
        except OverflowError:
            raise _too_large(expr.span) from None

    def _same(self, expr: ast.Binary) -> bool:
        left, right = self.value(expr.left), self.value(expr.right)
        for side, other in ((expr.left, expr.right), (expr.right, expr.left)):
            # `option == B` asks a parameter; misspelt, it would be a word that equals nothing.
            if self._is_word(side) and not (isinstance(other, ast.Text) or self._is_bound(other)):
                raise self._unknown(side)
            self._require_choice(side, other)
        # In Python `on` would be 1.
        return isinstance(left, bool) == isinstance(right, bool) and left == right

    def _require_choice(self, word: ast.Expr, parameter: ast.Expr) -> None:
        """Raises `NetError` for a word that a parameter with choices can never be."""
        if not isinstance(parameter, ast.Name):
            return
        choices = self.scope.choices_of(parameter.name)
        is_word = isinstance(word, ast.Text) or self._is_word(word)
        if choices and is_word and self.value(word) not in choices.values:
            raise choices.refuse(self.value(word), word.span)

    def number(self, expr: ast.Expr) -> int | float:
        """The value of an expression that must be a number."""
        value = self.value(expr)
        if isinstance(value, bool | str | tuple):
            if self._is_word(expr):
                raise self._unknown(expr)
            raise error(f"a number is needed here, not {describe(value)}", expr.span)
        return value

    def _switch(self, expr: ast.Expr) -> bool:
        return self.switch(expr, "'and', 'or' and 'not' take conditions")

    def switch(self, expr: ast.Expr, rule: str) -> bool:
        """The value of an expression that must be a condition; `rule` says why."""
        value = self.value(expr)
        if not isinstance(value, bool):
            raise self.mismatch(expr, f"{rule}, not {describe(value)}")
        return value

    def one_of(self, expr: ast.Expr, words: Sequence[str], wrong: str, more: str = "") -> str:
        """The value of an expression that must be one of some words; `wrong` begins the error."""
        value = self.value(expr)
        if value not in words:
            hint = did_you_mean(str(value), words) or f"use {', '.join(words)}{more}"
            raise error(f"{wrong} {describe(value)}", expr.span, "unknown word", hint)
        return str(value)

    def mismatch(
        self, expr: ast.Expr, message: str, words: Sequence[str] = (), help: str = ""
    ) -> NetError:
        """The error for a value of the wrong kind, `words` being those that would be right.

        A word that nobody knows may be a misspelt one, or a misspelt name, if `help` does not know.
        """
        if help or not self._is_word(expr):
            return error(message, expr.span, help=help)
        if self.scope.ended_at(expr.name):
            return self._unknown(expr)
        near = did_you_mean(expr.name, words)
        if not near and did_you_mean(expr.name, self._known()):
            return self._unknown(expr)
        return error(message, expr.span, help=near)

    def _unknown(self, expr: ast.Name) -> NetError:
        if place := self.scope.ended_at(expr.name):
            message, help = f"'{expr.name}' ended with its body", "give it its value out here"
            ended = (Label(place, "known in these braces alone"),)
            return NetError(Diagnostic(message, expr.span, "unknown name", help, ended))
        near = did_you_mean(expr.name, self._known())
        return error(f"there is no '{expr.name}' here", expr.span, "unknown name", near)

    def _known(self) -> list[str]:
        return [*self.scope.names(), *OF_THE_FLOW]

    def _is_bound(self, expr: ast.Expr) -> bool:
        return isinstance(expr, ast.Name) and self.scope.knows(expr.name)

    def _is_word(self, expr: ast.Expr) -> TypeGuard[ast.Name]:
        """Whether an expression is a name that stands for itself."""
        is_name = isinstance(expr, ast.Name) and expr.name not in OF_THE_FLOW
        return is_name and not self._is_bound(expr)


def describe(value: Value) -> str:
    """A value in an error: words stand in quotes."""
    return f"'{value}'" if isinstance(value, str) else show(value)


def _divide(left: float, right: float) -> int | float:
    # Whole numbers that divide evenly stay whole: `width / 2` is a channel count.
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return left / right


Operator = Callable[[float, float], int | float]

ARITHMETIC: dict[str, Operator] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": lambda left, right: left // right,
    "%": operator.mod,
}
COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_too_large(value: float) -> bool:
    """Whether a number is none that a network may hold."""
    return not abs(value) <= LARGEST  # neither is what is not a number


def _bounded(value: int | float, span: Span) -> int | float:
    if is_too_large(value):
        raise _too_large(span)
    return value


def _too_large(span: Span) -> NetError:
    return error("this number is too large", span, f"beyond {LARGEST:.0e}", "write a smaller one")
