"""Parameters given from outside: `--set option=A`, `load(…, option="A")`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netlang.ir.attributes import Value

SIZE = re.compile(r"\d+(x\d+)+")
INTEGER = re.compile(r"[+-]?\d+")
PERCENT = re.compile(r"\d+(\.\d+)?%")


def literals(settings: Mapping[str, Value]) -> dict[str, Value]:
    """The settings with text read as the language reads it."""
    return {k: literal(v) if isinstance(v, str) else v for k, v in settings.items()}


def literal(text: str) -> Value:
    """The value that a text stands for: a switch, a size, a number, or else a word."""
    if text in ("on", "off"):
        return text == "on"
    if SIZE.fullmatch(text):
        return tuple(map(int, text.split("x")))
    if INTEGER.fullmatch(text):
        return int(text)
    if PERCENT.fullmatch(text):
        return float(text[:-1]) / 100
    try:
        return float(text)
    except ValueError:
        return text
