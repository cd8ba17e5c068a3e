"""A race has an answer for each contender, in numbers that were compared."""

from importlib import import_module
from pathlib import Path
from time import sleep
from types import SimpleNamespace
from typing import Any
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from netlang.bench import CONTENDERS, Answer, Case, Contender, race
from netlang.bench.contenders import Netlang
from netlang.bench.picture import to_svg
from netlang.bench.report import where
from netlang.bench.rounds import Spread, turns
from netlang.pictures.palette import PALETTES, Theme
from tests.contrast import contrast

SVG = "{http://www.w3.org/2000/svg}"


def test_engines_and_torch_are_raced(tmp_path: Path) -> None:
    names = ("netlang openvino", "netlang torch", "torch")
    there = {name: CONTENDERS[name] for name in names if not CONTENDERS[name].missing}
    answers = race(Case("resnet20", 2, tmp_path, threads=1), there, rounds=3, starts=1)
    assert list(answers) == list(there)
    for answer in answers.values():
        assert len(answer.seconds) == 3
        assert len(answer.ready) == 1
        assert min(answer.seconds) > 0
        assert answer.difference < 1e-4


def test_who_is_wrong_is_told_from_who_is_right(tmp_path: Path) -> None:
    class Wrong(Netlang):
        def ready(self, case: Case) -> Any:
            call = super().ready(case)
            return lambda: call() + 0.5

    wrong: dict[str, Contender] = {"wrong": Wrong("torch")}
    answers = race(Case("resnet20", 1, tmp_path), wrong, rounds=2, starts=1)
    assert answers["wrong"].difference > 0.1


def test_what_is_timed_comes_after_calls_of_the_same_that_are_not(tmp_path: Path) -> None:
    """Whose call comes behind another's takes 0.3 s longer: so may threads that still spin."""
    last = [0]

    class Upset(Netlang):
        def ready(self, case: Case) -> Any:
            call = super().ready(case)

            def run() -> Any:
                if last[0] != id(self):
                    last[0] = id(self)
                    sleep(0.3)
                return call()

            return run

    both: dict[str, Contender] = {name: Upset("torch") for name in ("a", "b")}
    answers = race(Case("resnet20", 1, tmp_path), both, rounds=5, starts=1)
    assert all(min(answer.ready) > 0.3 > answer.median for answer in answers.values())


def test_quartiles() -> None:
    assert Spread.of([5.0, 1.0, 3.0, 2.0, 4.0]) == Spread(1.5, 3.0, 4.5)
    assert Spread.of([2.0]) == Spread(2.0, 2.0, 2.0)
    assert Spread.of([1.0, 2.0, 3.0, 4.0, 5.0]).relative == pytest.approx(1 / 2)


def test_turns_are_the_same_every_time() -> None:
    assert [*turns("ab", 9)] == [*turns("ab", 9)]
    assert [*turns("", 9)] == []


def test_rounds_go_in_orders_by_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("netlang.bench.race"), "SETTLE", 0.0)
    called = list[str]()

    class Logged(Netlang):
        def prepare(self, case: Case) -> None:
            pass

        def ready(self, case: Case) -> Any:
            return lambda: called.append(self.engine) or case.expected

    case: Any = SimpleNamespace(expected=np.ones(3))
    race(case, {name: Logged(name) for name in "abc"}, rounds=8, starts=0)
    rounds = [called[at : at + 3] for at in range(3, 27, 3)]  # behind the first starts
    assert all(sorted(each) == ["a", "b", "c"] for each in rounds)
    assert len({*map(tuple, rounds)}) > 1


def test_ratios_are_of_rounds() -> None:
    one, other = Answer(seconds=[1.0, 9.0, 2.0]), Answer(seconds=[2.0, 18.0, 1.0])
    assert one.ratio(other) == 0.5
    assert one.median == 2.0
    assert Answer(seconds=[1.0, 2.0, 3.0]).spread.relative == pytest.approx(0.5)


OLD = {"processor": "One", "cores": 4}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "One, 4 cores"),
        ({"threads": 4}, "One, 4 cores, 4 threads"),
        ({"threads": 1, "dtype": "bfloat16"}, "One, 4 cores, 1 thread, bfloat16"),
    ],
)
def test_a_place_is_told_as_far_as_it_is_known(told: dict[str, Any], words: str) -> None:
    assert where(OLD | told) == words


@pytest.mark.parametrize("theme", PALETTES)
def test_a_line_is_seen_on_its_bar_and_behind_it(theme: Theme) -> None:
    answers = {"netlang torch": Answer(seconds=[1, 2, 3, 4, 5]), "torch": Answer(seconds=[2, 4, 6])}
    svg = to_svg({"n, batch 1": answers}, "here", theme)
    root, paper = fromstring(svg), PALETTES[theme].paper
    bars = [bar for bar in root.iter(f"{SVG}rect") if bar.find(f"{SVG}title") is not None]
    lines = list(root.iter(f"{SVG}polyline"))
    assert len(lines) == 2 * len(bars) == 4
    for bar, inside, behind in zip(bars, lines[::2], lines[1::2], strict=True):
        end = float(inside.attrib["points"].split()[1].split(",")[0])
        width = float(bar.attrib["width"])
        assert end == pytest.approx(float(bar.attrib["x"]) + width, abs=0.02)
        assert contrast(inside.attrib["stroke"], bar.attrib["fill"]) >= 3
        assert contrast(behind.attrib["stroke"], paper) >= 3
        assert inside.attrib["points"].split()[1] == behind.attrib["points"].split()[0]
