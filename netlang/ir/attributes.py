"""The attributes of operators and recipe words: what a value may be, and how it is written.

The fields of a frozen dataclass are the attributes of the language; `attribute(kind, default)`
declares one. The same kinds read a `.net` file's arguments and a printed graph's.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeGuard

Value = int | float | bool | str | tuple[int, ...] | tuple[float, ...]
"""What an expression can be: a number, a switch, a word (or text), a size, several numbers."""

Size = tuple[int, int]
"""Height and width."""


def show(value: Value) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if is_size(value):
        return "x".join(map(str, value))
    if isinstance(value, tuple):
        return ":".join(map(repr, value))
    return repr(value) if isinstance(value, float) else str(value)


def is_size(value: Value) -> TypeGuard[tuple[int, ...]]:
    """Whether a value is whole dimensions: other tuples are several numbers."""
    return isinstance(value, tuple) and all(isinstance(part, int) for part in value)


@dataclass(frozen=True)
class Kind:
    """A set of values: `what` names it, `read` gives the field's value or raises ValueError.

    `words` are those that stand for themselves in it.
    """

    what: str
    read: Callable[[Value], Any]
    words: tuple[str, ...] = ()


def _refuse() -> Any:
    raise ValueError


def whole(value: Value) -> Value:
    """A number that comes out whole, as `4 * 0.5` does, as a whole number; else the value."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def integer(minimum: int = 1) -> Kind:
    """Whole numbers from `minimum` on."""

    def read(value: Value) -> int:
        value = whole(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            return _refuse()
        return value

    return Kind(f"a whole number of at least {minimum}", read)


def number(minimum: float = float("-inf"), maximum: float = float("inf")) -> Kind:
    """Real numbers between two bounds, both included."""
    inf = float("inf")
    if maximum < inf:
        what = f"a number from {minimum:g} to {maximum:g}"
    else:
        what = f"a number of at least {minimum:g}" if minimum > -inf else "a number"

    def read(value: Value) -> float:
        if isinstance(value, bool | str | tuple) or not minimum <= value <= maximum:
            return _refuse()
        return float(value)

    return Kind(what, read)


def numbers(minimum: float = float("-inf")) -> Kind:
    """Several real numbers from `minimum` on; one may stand alone."""

    def read(value: Value) -> tuple[float, ...]:
        several = value if isinstance(value, tuple) and not is_size(value) else (value,)
        return tuple(map(number(minimum).read, several))

    return Kind(f"{number(minimum).what}, or several such as 0.5:0.4:0.4", read)


def size(minimum: int = 1) -> Kind:
    """Height x width; one number stands for both."""

    def read(value: Value) -> Size:
        value = whole(value)
        if isinstance(value, int) and not isinstance(value, bool):
            value = (value, value)
        if is_size(value) and len(value) == 2 and min(value) >= minimum:
            return value[0], value[1]
        return _refuse()

    return Kind("a size such as 3x3 or 3" + (f", at least {minimum}" if minimum else ""), read)


def word(*words: str) -> Kind:
    """One of a few words."""
    listed = ", ".join(f"'{w}'" for w in words[:-1])
    what = f"{listed} or '{words[-1]}'" if listed else f"'{words[0]}'"

    return Kind(what, lambda value: value if value in words else _refuse(), words)


def either(*kinds: Kind) -> Kind:
    """What the first kind that takes it makes of a value."""

    def read(value: Value) -> Any:
        for kind in kinds:
            try:
                return kind.read(value)
            except ValueError:
                continue
        return _refuse()

    words = tuple(word for kind in kinds for word in kind.words)
    return Kind(" or ".join(kind.what for kind in kinds), read, words)


SWITCH = Kind("'on' or 'off'", lambda value: value if isinstance(value, bool) else _refuse())


def shape(*ranks: int) -> Kind:
    """The dimensions of a value, such as 3x224x224."""

    def read(value: Value) -> tuple[int, ...]:
        value = whole(value)
        dims = (value,) if isinstance(value, int) and not isinstance(value, bool) else value
        if is_size(dims) and len(dims) in ranks and min(dims) >= 1:
            return dims
        return _refuse()

    return Kind("a shape such as 3x224x224 (channels x height x width)", read)


@dataclass(frozen=True)
class Attribute:
    """One attribute of an operator or recipe word."""

    name: str
    kind: Kind
    default: Any

    @property
    def required(self) -> bool:
        """Whether a call must give it."""
        return self.default is dataclasses.MISSING


def attribute(kind: Kind, default: Any = dataclasses.MISSING) -> Any:
    """Declares an attribute as a dataclass field."""
    return dataclasses.field(default=default, metadata={"kind": kind})


@cache
def attributes(cls: type) -> tuple[Attribute, ...]:
    """The attributes of a class, in the order in which a call gives them by position."""
    return tuple(
        Attribute(field.name, field.metadata["kind"], field.default)
        for field in dataclasses.fields(cls)
        if "kind" in field.metadata
    )


def written(value: object) -> str:
    """The attributes of `value` that are not at their default, as the language writes them."""
    return ", ".join(
        f"{a.name}={show(getattr(value, a.name))}"
        for a in attributes(value.__class__)
        if a.required or getattr(value, a.name) != a.default
    )
