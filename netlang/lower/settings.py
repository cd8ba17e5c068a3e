"""Parameters given from outside: `--set option=A`, `load(…, option="A")`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from netlang.diagnostic import Diagnostic, NetError, did_you_mean
from netlang.ir.attributes import Value
from netlang.lower.evaluate import is_too_large
from netlang.syntax import ast

SIZE = re.compile(r"[0-9]+(x[0-9]+)+")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", re.IGNORECASE)
PERCENT = re.compile(r"[0-9]+(\.[0-9]+)?%")
NUMBERS = re.compile(rf"{NUMBER.pattern}(:{NUMBER.pattern})+", re.IGNORECASE)
SUM = re.compile(r"[-+*/%().,:x\s]*[0-9][-+*/%().,:x\s0-9]*")


def literals(net: ast.Net | ast.Instance, settings: Mapping[str, Value]) -> dict[str, Value]:
    """The settings of a net, text read as the language reads it; raises `NetError`."""
    known = [param.name.name for param in net.params]
    faults: list[Diagnostic] = []
    values: dict[str, Value] = {}
    for name, value in settings.items():
        if name not in known:
            faults.append(_unknown(net.name.name, name, known))
            continue
        values[name] = literal(value) if isinstance(value, str) else value
        if not _is_value(values[name]) or _is_sum(values[name]):
            hint = "give a number such as 0.5, on or off, a word, or a size such as 3x3"
            faults.append(Diagnostic(f"the parameter '{name}' cannot be {value!r:.60}", help=hint))
    if faults:
        raise NetError(*faults)
    return values


def literal(text: str) -> Value:
    """The value that a text stands for: a switch, a size, a number, several, or else a word."""
    if text in ("on", "off"):
        return text == "on"
    if PERCENT.fullmatch(text):
        return float(text[:-1]) / 100
    # Python refuses to read thousands of digits; nobody means so large a number.
    if SIZE.fullmatch(text):
        return tuple(int(dim) if len(dim) < 20 else 10**20 for dim in text.split("x"))
    if NUMBERS.fullmatch(text):
        return tuple(map(float, text.split(":")))
    if NUMBER.fullmatch(text):
        return int(text) if len(text) < 20 and text.lstrip("+-").isdigit() else float(text)
    return text


def _is_value(value: object) -> bool:
    """Whether a value from Python is one of the language."""
    if isinstance(value, tuple):
        parts = cast("tuple[Any, ...]", value)
        is_of_one_kind = {*map(type, parts)} in ({int}, {float})  # a size, or several numbers
        return is_of_one_kind and not any(map(is_too_large, parts))
    if isinstance(value, int | float):
        return not is_too_large(value)
    return isinstance(value, str)


def _is_sum(value: object) -> bool:
    """Whether a text is arithmetic, as 1/2 is, or a number misspelt: it is none, and no word."""
    return isinstance(value, str) and SUM.fullmatch(value) is not None


def _unknown(net: str, name: str, known: list[str]) -> Diagnostic:
    has = f"its parameters are {', '.join(known)}" if known else "it has no parameters"
    near = did_you_mean(name, known)
    return Diagnostic(
        f"the net '{net}' has no parameter '{name}'", help=f"{near} {has}" if near else has
    )
