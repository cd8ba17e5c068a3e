"""The table of how long compiling takes says what was measured."""

import json

from benchmarks import compile_time
from benchmarks.markdown import filled


def test_a_row_is_a_figure_in_its_unit() -> None:
    *_, row = compile_time.times({"resnet50, text to optimized graph": [80.0, 100.0, 2000.0]})
    assert row == "| resnet50, text to optimized graph | 100 ms | 80.0 ms | 2.00 s | 3 |"


def test_the_page_has_the_table_of_the_results() -> None:
    figures = json.loads(compile_time.RESULTS.read_text(encoding="utf-8"))["milliseconds"]
    page = compile_time.PAGE.read_text(encoding="utf-8")
    expected = filled(page, compile_time.TABLES, figures)
    assert page == expected, "run `python -m benchmarks.compile_time --save`"
