"""The picture of errors over iterations: geometry, not colours."""

import re
from itertools import pairwise
from xml.etree.ElementTree import fromstring

import pytest

from netlang.diagnostic import Source
from netlang.lower import load
from netlang.pictures.palette import PALETTES, Theme
from netlang.pictures.svg import width_of
from netlang.training.loop import Row
from netlang.training.plot import BOTTOM, LEFT, RIGHT, TOP, WIDTH, to_svg
from netlang.training.recipe import Recipe

SVG = "{http://www.w3.org/2000/svg}"


def recipe(words: str = "") -> Recipe:
    text = (
        f"net n {{ input 3x8x8; avgpool global; train {{ sgd 0.1; batch 1; epochs 9; {words} }} }}"
    )
    return Recipe.of(load(Source("n.net", text)))


def rows(*errors: tuple[float, float | None]) -> list[Row]:
    """An epoch for each pair of errors, of 100 iterations."""
    return [
        Row(n, 100 * n, float(n), 0.1, 1.0, training, tested)
        for n, (training, tested) in enumerate(errors, 1)
    ]


def rates(svg: bytes) -> list[tuple[str, float]]:
    """What stands above the plot, and the iteration of 400 at which it does."""
    scale = 400 / (RIGHT - LEFT)
    found = words(svg).items()
    return [(text, scale * (x - 5 - LEFT)) for text, (x, y) in found if y == TOP - 5]


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
    svg = to_svg("n", recipe(), rows((0.8, 0.6), (0.4, 0.3), (0.2, 0.2)), theme)
    colour = PALETTES[theme].stages[4].line
    (training,), (tested,) = (lines(svg, dashed, colour) for dashed in (True, False))
    third = (RIGHT - LEFT) / 3
    heights = [BOTTOM - error / 0.8 * (BOTTOM - TOP) for error in (0.8, 0.4, 0.2)]
    expected = [(LEFT + third * n, y) for n, y in enumerate(heights, 1)]
    assert training == [pytest.approx(point, abs=0.01) for point in expected]
    assert tested[1][1] == pytest.approx(BOTTOM - 3 / 8 * (BOTTOM - TOP), abs=0.01)


def test_words_at_the_ends_are_apart() -> None:
    found = words(to_svg("n", recipe(), rows((0.5, 0.5), (0.3, 0.31), (0.2, 0.201))))
    ends = [found["training 20.0%"], found["validation 20.1%"]]
    assert abs(ends[0][1] - ends[1][1]) >= 15


FLAT = [(0.5, 0.5)] * 4
FALLING = [(0.5, 0.5), (0.5, 0.4), (0.5, 0.3), (0.5, 0.2)]


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        ("drop 150", {"rate 0.1": 0, "rate 0.01": 150}),
        ("drop 100; drop 250", {"rate 0.1": 0, "rate 0.01": 100, "rate 0.001": 250}),
        ("drop 250, factor=0.5; drop 250, factor=0.2", {"rate 0.1": 0, "rate 0.01": 250}),
        ("decay 2, factor=0.1; drop 300", {"rate 0.1": 0, "rate 0.01": 200, "rate 0.001": 300}),
        ("warmup 0.01, until=0.8; drop 320", {"rate 0.1": 0, "rate 0.01": 320}),
        ("drop 400", {"rate 0.1": 0}),
        ("drop 200, factor=0", {"rate 0.1": 0, "rate 0": 200}),
    ],
)
def test_a_rate_stands_where_it_begins(train: str, expected: dict[str, float]) -> None:
    svg = to_svg("n", recipe(train), rows(*FLAT))
    assert dict(rates(svg)) == pytest.approx(expected, abs=0.1)
    marks = [line[0][0] for line in lines(svg, True, PALETTES["light"].plain.line)]
    scale = (RIGHT - LEFT) / 400
    assert sorted({*marks}) == pytest.approx([LEFT + scale * n for n in expected.values() if n])


def test_a_plateau_is_found_in_the_errors() -> None:
    nine = rows(*[(0.5, 0.5)] * 9)
    svg = to_svg("n", recipe("plateau"), nine)
    assert dict(rates(svg)) == pytest.approx({"rate 0.1": 0, "rate 0.01": 400 * 6 / 9}, abs=0.1)
    assert len(rates(to_svg("n", recipe("plateau"), rows(*FALLING)))) == 1


@pytest.mark.parametrize(("factor", "lines_of_rates"), [(0.5, 1), (0.96, 0)])
def test_a_rate_that_falls_by_little_is_not_marked(factor: float, lines_of_rates: int) -> None:
    svg = to_svg("n", recipe(f"decay 1, factor={factor}"), rows(*FLAT[:2]))
    assert len(lines(svg, True, PALETTES["light"].plain.line)) == lines_of_rates


def test_rates_without_room_for_words_are_lines_alone() -> None:
    svg = to_svg("n", recipe("decay 1, factor=0.3"), rows(*FLAT * 10))
    assert len(lines(svg, True, PALETTES["light"].plain.line)) == 39
    places = sorted(x for text, (x, _) in words(svg).items() if text.startswith("rate"))
    assert 1 < len(places) < 10
    assert min(b - a for a, b in pairwise(places)) >= 60


@pytest.mark.parametrize("error", [0.0, 1e-4, 1.0])
def test_one_epoch_and_any_error_have_their_place(error: float) -> None:
    svg = to_svg("n", recipe(), [Row(1, 1, 1.0, 0.1, 1.0, error, None)])
    (dot,) = fromstring(svg).iter(f"{SVG}circle")
    assert float(dot.attrib["cx"]) == RIGHT
    assert TOP - 0.01 <= float(dot.attrib["cy"]) <= BOTTOM
    assert not re.search(rb"nan|inf|\dm<", svg)


def test_a_long_name_stays_on_the_page() -> None:
    svg = to_svg("a_name_without_an_end_" * 9, recipe(), rows(*FLAT))
    (title,) = [t for t in fromstring(svg).iter(f"{SVG}text") if t.attrib["font-size"] == "18"]
    assert 24 + width_of(title.text or "", 18) <= WIDTH
