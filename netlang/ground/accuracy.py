"""How far numbers are off."""

from __future__ import annotations

from math import inf
from typing import Any


def relative_error(got: Any, expected: Any) -> float:
    """The largest difference of two arrays, or tensors, as a part of the largest number expected.

    Where all that is expected is zero, as a layer's values may be, it is 0 for zeros and infinite
    for others. NaN where one of the numbers is, which is below no tolerance.
    """
    off, largest = (float(abs(numbers).max()) for numbers in (got - expected, expected))
    if not largest:
        return off * inf if off else 0.0
    return off / largest
