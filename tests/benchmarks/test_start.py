"""The table of starts says what was measured."""

import json

from benchmarks import start
from benchmarks.markdown import filled


def test_a_ratio_is_of_runs_that_were_beside_each_other() -> None:
    times = {start.OURS: [900.0, 1000.0, 3000.0], start.ALONE: [600.0, 500.0, 2500.0]}
    *_, row = start.starts({"resnet50": times})
    assert row.startswith("| resnet50 | 1.00 s ±")
    assert row.endswith("| 1.50 |")


def test_the_page_has_the_table_of_the_results() -> None:
    results = json.loads(start.STARTS.read_text(encoding="utf-8"))["results"]
    page = start.PAGE.read_text(encoding="utf-8")
    assert page == filled(page, start.TABLES, results), "run `python -m benchmarks.start`"
