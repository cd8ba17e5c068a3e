"""Arithmetic of whole numbers."""

from typing import Any, overload


@overload
def ceil_div(a: int, b: int) -> int: ...
@overload
def ceil_div(a: Any, b: Any) -> Any: ...
def ceil_div(a: Any, b: Any) -> Any:
    """How many pieces of `b` cover `a`: whole numbers, or arrays of them, element by element."""
    return -(-a // b)


def rounded_up(a: int, unit: int) -> int:
    """The smallest multiple of `unit` that is not below `a`."""
    return ceil_div(a, unit) * unit
