"""Expressions: settled before the graph is built."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field

from netlang.diagnostic import NetError, Span, did_you_mean, error
from netlang.ir.attributes import Value, show
from netlang.ir.types import TensorType
from netlang.syntax import ast

LARGEST = 2**53
"""Whole numbers beyond it are no layer's: floats no longer hold them exactly."""


class SilentError(Exception):
    """Something is unknown because of a mistake that has been reported already."""


@dataclass
class Scope:
    """The names that an expression may use: parameters, `let`s, and the flowing value's shape."""

    values: dict[str, Value | None] = field(default_factory=dict[str, "Value | None"])
    parent: Scope | None = None

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

    def names(self) -> list[str]:
        """Every bound name."""
        return [*self.values, *(self.parent.names() if self.parent else ())]


@dataclass(frozen=True)
class Evaluator:
    """Evaluates expressions in a scope, next to a flowing value (None: there is none yet)."""

    scope: Scope
    flowing: TensorType | None
    is_lost: bool = False

    def value(self, expr: ast.Expr) -> Value:
        """The value of an expression; raises `NetError` or `SilentError`."""
        match expr:
            case ast.Number():
                return _bounded(expr.value, expr.span)
            case ast.SizeLiteral():
                for dim in expr.dims:
                    _bounded(dim, expr.span)
                return expr.dims
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
        if expr.name in ("channels", "height", "width"):
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
            same = self.value(expr.left) == self.value(expr.right)
            return same if name == "==" else not same
        left, right = self.number(expr.left), self.number(expr.right)
        if name in COMPARE:
            return COMPARE[name](left, right)
        if name in ("/", "//", "%") and right == 0:
            raise error("division by zero", expr.right.span, "this is 0")
        try:
            return _bounded(ARITHMETIC[name](left, right), expr.span)
        except OverflowError:
            raise _too_large(expr.span) from None

    def number(self, expr: ast.Expr) -> int | float:
        """The value of an expression that must be a number."""
        value = self.value(expr)
        if isinstance(value, bool | str | tuple):
            raise self.mismatch(expr, value, f"a number is needed here, not {describe(value)}")
        return value

    def _switch(self, expr: ast.Expr) -> bool:
        return self.switch(expr, "'and', 'or' and 'not' take conditions")

    def switch(self, expr: ast.Expr, rule: str) -> bool:
        """The value of an expression that must be a condition; `rule` says why."""
        value = self.value(expr)
        if not isinstance(value, bool):
            raise self.mismatch(expr, value, f"{rule}, not {describe(value)}")
        return value

    def mismatch(self, expr: ast.Expr, value: Value, message: str, help: str = "") -> NetError:
        """The error for a value of the wrong kind; a word that nobody knows is a misspelt name."""
        name = expr.name if isinstance(expr, ast.Name) else ""
        if value == name and not self.scope.knows(name) and not help:
            near = did_you_mean(name, [*self.scope.names(), "channels", "height", "width"])
            if near or "number" in message:
                return error(f"there is no '{name}' here", expr.span, "unknown name", near)
        return error(message, expr.span, help=help)


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


def _bounded(value: int | float, span: Span) -> int | float:
    if abs(value) > LARGEST if isinstance(value, int) else not math.isfinite(value):
        raise _too_large(span)
    return value


def _too_large(span: Span) -> NetError:
    return error("this number is too large", span, "beyond 2^53", "write a smaller one")
