"""The SVG that netlang writes itself: the same bytes on every machine."""

from netlang.svg import Svg


def test_numbers_end_ahead_of_what_machines_differ_in() -> None:
    svg = Svg(10, 10, "#ffffff")
    svg.line((-0.001, -0.5), (1 / 3, 2.0), stroke="#000000")
    assert b'points="0,-0.5 0.33,2"' in svg.render()
