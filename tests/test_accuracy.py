"""How far numbers are off, in NumPy and in torch."""

from collections.abc import Callable
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pytest
import torch

from netlang.ground.accuracy import relative_error

KINDS = pytest.mark.parametrize("of", [np.array, torch.tensor])


@KINDS
def test_it_is_of_the_largest_number(of: Callable[..., Any]) -> None:
    expected = of([[1.0, -4.0], [2.0, 3.0]])
    assert relative_error(expected, expected) == 0
    assert relative_error(expected + 1, expected) == 0.25
    assert isnan(relative_error(expected * nan, expected))


@KINDS
def test_what_should_be_zero(of: Callable[..., Any]) -> None:
    zeros = of([0.0, 0.0])
    assert relative_error(zeros, zeros) == 0
    assert relative_error(zeros - 1e-9, zeros) == inf
    assert isnan(relative_error(zeros * nan, zeros))


def test_numbers_of_less_precision_are_not_rounded_further() -> None:
    got, expected = torch.tensor([1.0], dtype=torch.bfloat16), torch.tensor([1 + 1e-9]).double()
    expected += 1e-9
    assert relative_error(got, expected) == pytest.approx(1e-9)
