"""The picture of errors over iterations: geometry, not colours."""

import re
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest

from netlang.palette import PALETTES, Theme
from netlang.training.loop import Row
from netlang.training.plot import BOTTOM, LEFT, RIGHT, TOP, to_svg

SVG = "{http://www.w3.org/2000/svg}"


def rows(*errors: tuple[float, float | None], lr: float = 0.1, drop: int = 99) -> list[Row]:
    return [
        Row(n, 100 * n, float(n), lr if n <= drop else lr / 10, 1.0, training, tested)
        for n, (training, tested) in enumerate(errors, 1)
    ]


def lines(svg: bytes, dashed: bool, stroke: str) -> list[list[tuple[float, float]]]:
    found = [
        line.attrib["points"]
        for line in fromstring(svg).iter(f"{SVG}polyline")
        if ("stroke-dasharray" in line.attrib) == dashed and line.attrib["stroke"] == stroke
    ]
    return [[point(text) for text in points.split()] for points in found]


def point(text: str) -> tuple[float, float]:
    x, y = text.split(",")
    return float(x), float(y)


def words(svg: bytes) -> dict[str, tuple[float, float]]:
    return {
        str(text.text): (float(text.attrib["x"]), float(text.attrib["y"]))
        for text in fromstring(svg).iter(f"{SVG}text")
    }


@pytest.mark.parametrize("theme", PALETTES)
def test_curves_are_where_their_numbers_are(theme: Theme) -> None:
    svg = to_svg("n", rows((0.8, 0.6), (0.4, 0.3), (0.2, 0.2)), theme)
    colour = PALETTES[theme].stages[4].line
    (training,), (tested,) = (lines(svg, dashed, colour) for dashed in (True, False))
    third = (RIGHT - LEFT) / 3
    heights = [BOTTOM - error / 0.8 * (BOTTOM - TOP) for error in (0.8, 0.4, 0.2)]
    expected = [(LEFT + third * n, y) for n, y in enumerate(heights, 1)]
    assert training == [pytest.approx(point, abs=0.01) for point in expected]
    assert tested[1][1] == pytest.approx(BOTTOM - 3 / 8 * (BOTTOM - TOP), abs=0.01)


def test_words_at_the_ends_are_apart_and_a_low_rate_is_marked() -> None:
    found = words(to_svg("n", rows((0.5, 0.5), (0.3, 0.31), (0.2, 0.201), drop=2)))
    ends = [found["training 20.0%"], found["validation 20.1%"]]
    assert abs(ends[0][1] - ends[1][1]) >= 15
    x, y = found["rate 0.01"]
    assert x == pytest.approx(LEFT + (RIGHT - LEFT) * 2 / 3, abs=6)
    assert y < TOP


@pytest.mark.parametrize(("factor", "lines_of_rates"), [(0.5, 1), (0.96, 0)])
def test_a_rate_that_falls_by_little_is_not_marked(factor: float, lines_of_rates: int) -> None:
    svg = to_svg("n", [Row(n, n, 1.0, factor**n, 1.0, 0.5, None) for n in (1, 2)])
    assert len(lines(svg, True, PALETTES["light"].plain.line)) == lines_of_rates


def test_rates_without_room_for_words_are_lines_alone() -> None:
    many = [Row(n, n, 1.0, 0.3**n, 1.0, 0.5, None) for n in range(1, 41)]
    svg = to_svg("n", many)
    assert len(lines(svg, True, PALETTES["light"].plain.line)) == 39
    places = sorted(x for text, (x, _) in words(svg).items() if text.startswith("rate"))
    assert 1 < len(places) < 10
    assert min(b - a for a, b in pairwise(places)) >= 60


@pytest.mark.parametrize("error", [0.0, 1e-4, 1.0])
def test_one_epoch_and_any_error_have_their_place(error: float) -> None:
    svg = to_svg("n", [Row(1, 1, 1.0, 0.1, 1.0, error, None)])
    (curve,) = lines(svg, True, PALETTES["light"].stages[4].line)
    assert TOP - 0.01 <= curve[-1][1] <= BOTTOM
    assert not re.search(rb"nan|inf|\dm<", svg)
