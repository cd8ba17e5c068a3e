"""The SVG that netlang writes itself: the same bytes on every machine."""

import xml.etree.ElementTree as ET

import pytest

from netlang.pictures.svg import LEGEND_STEP, Svg, legend_rows, width_of


def test_numbers_end_ahead_of_what_machines_differ_in() -> None:
    svg = Svg(10, 10, "#ffffff")
    svg.line((-0.001, -0.5), (1 / 3, 2.0), stroke="#000000")
    assert b'points="0,-0.5 0.33,2"' in svg.render()


@pytest.mark.parametrize("width", [40, 150, 151, 400, 10_000])
def test_a_legend_is_as_wide_as_it_may_be_and_as_high_as_it_says(width: int) -> None:
    meanings: dict[str, str] = dict.fromkeys(
        ("conv", "linear", "pointwise", "norm", "join"), "#ffffff"
    )
    svg = Svg(width, 200, "#ffffff")
    svg.legend(0, 20, meanings, 12, width, "#000000")
    texts = ET.fromstring(svg.render()).findall("{http://www.w3.org/2000/svg}text")
    rows = {float(text.attrib["y"]) for text in texts}
    ends = [float(text.attrib["x"]) + width_of(text.text or "", 12) for text in texts]
    assert rows == {20 + LEGEND_STEP * row for row in range(legend_rows(meanings, 12, width))}
    assert max(ends) <= width or len(rows) == len(meanings)
