"""Printing index arithmetic the way a person would write it: no `* 1`, no `+ 0`, no stray brackets.

Expressions are strings. A zero is spelled "0" and disappears from sums and products.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LOWEST = 'float("-inf")'
"""What a maximum starts from, and reads where there is nothing."""


def add(*terms: str | int) -> str:
    """The sum of the terms: `add("p", 0, -1)` is "p - 1"."""
    present = [str(term) for term in terms if str(term) != "0"]
    return " + ".join(present).replace("+ -", "- ") or "0"


def mul(a: str, factor: int) -> str:
    """`a * factor`."""
    if a == "0" or factor == 0:
        return "0"
    return a if factor == 1 else f"{atom(a)} * {factor}"


def split(a: str, outer: int, inner: int) -> tuple[str, str]:
    """The coordinates of flat index `a` in an array of `outer` x `inner`."""
    if outer == 1:
        return "0", a
    if inner == 1:
        return a, "0"
    return f"{atom(a)} // {inner}", f"{atom(a)} % {inner}"


def quotient(a: str, divisor: int) -> str:
    """`a // divisor`."""
    return a if divisor == 1 else f"{atom(a)} // {divisor}"


def remainder(a: str, divisor: int) -> str:
    """`a % divisor`."""
    return "0" if divisor == 1 else f"{atom(a)} % {divisor}"


def along(condition: str, axis: str) -> tuple[str, ...]:
    """A condition on a vector, if there is one, for a block of which it spans an axis."""
    return (f"({condition}){axis}",) if condition else ()


def all_of(*conditions: str) -> str:
    """The conjunction of element-wise conditions."""
    if len(conditions) == 1:
        return conditions[0]
    return " & ".join(f"({c})" if " " in _outside_brackets(c) else c for c in conditions)


def named(name: str, conditions: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """A name for several conditions: the line that gives it, if one is needed, and what to use."""
    if len(conditions) < 2:
        return [], conditions
    return [f"{name} = {all_of(*conditions)}"], (name,)


def wide(a: str) -> str:
    """`a` as int64."""
    return f"{a}.to(tl.int64)" if a.isidentifier() else f"({a}).to(tl.int64)"


def load(pointer: str, *conditions: str, other: str = "0.0", cache: str = "") -> str:
    """A load, masked only where there is a condition; `cache` is a modifier, such as ".cg"."""
    arguments = [pointer]
    if conditions:
        arguments += [f"mask={all_of(*conditions)}", f"other={other}"]
    if cache:
        arguments += [f'cache_modifier="{cache}"']
    return f"tl.load({', '.join(arguments)})"


def store(pointer: str, value: str, *conditions: str) -> str:
    """A store, masked only where there is a condition."""
    mask = f", mask={all_of(*conditions)}" if conditions else ""
    return f"tl.store({pointer}, {value}{mask})"


def nth(name: str, i: int) -> str:
    """What the `i`-th of several is called: `x`, `x1`, `x2`, …"""
    return f"{name}{i}" if i else name


def numbered(lines: Iterable[str], i: int, *also: str) -> Iterator[str]:
    """Lines as the `i`-th of several such texts: what they define, and `also`, is named by `nth`.

    `v`, to which all of them add, stays `v`.
    """
    lines = list(lines)
    defined = (re.match(r" *(?:for )?([a-z_, ]+) (?:=|in) ", line) for line in lines)
    names = {name for line in defined if line for name in line[1].split(", ")} - {"v"}
    name = re.compile(rf"\b(?:{'|'.join([*names, *also])})\b")
    for line in lines:
        code, comment, words = line.partition("  # ")
        yield name.sub(lambda match: nth(match[0], i), code) + comment + words


def atom(a: str) -> str:
    """`a`, bracketed if it is a sum."""
    outside = _outside_brackets(a)
    return f"({a})" if " + " in outside or " - " in outside else a


def function(name: str, arguments: Iterable[str], lines: Iterable[str]) -> str:
    """A Triton function of these lines, its head broken where a formatter would break it."""
    body = "\n".join(line.rstrip() for line in indented(lines))
    given = ", ".join(arguments)
    head = f"def {name}({given}):"
    if len(head) > 100:
        head = f"def {name}(\n    {given}\n):"
    return f"@triton.jit\n{head}\n{body}\n"


def call(name: str, arguments: Iterable[str]) -> list[str]:
    """A call, broken where a formatter would break it within a branch of a function."""
    given = ", ".join(arguments)
    line = f"{name}({given})"
    return [line] if len(line) <= 92 else [f"{name}(", f"    {given}", ")"]


def indented(lines: Iterable[str]) -> Iterator[str]:
    """The body of a function or a loop."""
    return (f"    {line}" for line in lines)


def unrolled(steps: int) -> str:
    """The range of a short loop, unrolled so that its loads are in flight together."""
    return f"tl.static_range({steps})" if steps <= 25 else f"range({steps})"


def _outside_brackets(a: str) -> str:
    while (shorter := re.sub(r"[([][^()[\]]*[)\]]", "", a)) != a:
        a = shorter
    return a
