"""Treemaps: areas are exact, rectangles fill the whole and share nothing."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlang.summary.treemap import Rect, squarified

WEIGHTS = st.lists(st.integers(1, 100) | st.integers(1, 10**11), min_size=1, max_size=40)
SIDES = st.floats(1, 1000)


@given(WEIGHTS, SIDES, SIDES)
def test_areas_are_proportional(weights: list[int], width: float, height: float) -> None:
    rects = squarified(weights, Rect(10, 20, width, height))
    for weight, rect in zip(weights, rects, strict=True):
        share = rect.width * rect.height / (width * height)
        assert share == pytest.approx(weight / sum(weights), rel=1e-9)


@given(WEIGHTS, SIDES, SIDES)
def test_rectangles_are_disjoint_and_inside(
    weights: list[int], width: float, height: float
) -> None:
    rects = squarified(weights, Rect(10, 20, width, height))
    slack = 1e-9 * max(width, height)
    for x, y, w, h in rects:
        assert min(x - 10, y - 20) >= -slack
        assert max(x + w - 10 - width, y + h - 20 - height) <= slack
    for a, b in combinations(rects, 2):
        beside = max(a.x, b.x) - min(a.x + a.width, b.x + b.width)
        above = max(a.y, b.y) - min(a.y + a.height, b.y + b.height)
        assert max(beside, above) >= -slack


def test_the_example_of_the_paper() -> None:
    # Bruls et al. 2000, Figure 4: a column of 6 and 6, a row of 4 and 3, then 2, then 2 and 1.
    found = squarified([6, 6, 4, 3, 2, 2, 1], Rect(0, 0, 6, 4))
    sides = [(round(rect.width, 2), round(rect.height, 2)) for rect in found]
    assert sides[:5] == [(3, 2), (3, 2), (1.71, 2.33), (1.29, 2.33), (1.2, 1.67)]


def test_the_order_of_weights_is_kept() -> None:
    small, large = squarified([1, 3], Rect(0, 0, 8, 2))
    assert (large.x, large.width, small.x, small.width) == (0, 6, 6, 2)
