"""The race: numbers before times, turns, and what becomes of those who break down."""

import pytest

from benchmarks.gpu.case import Case
from benchmarks.gpu.race import CALLS, SAMPLE, race, samples
from netlang.bench.rounds import turns
from tests.benchmarks.fakes import EXPECTED, Clock, Fake

CASE = Case("resnet18", 2, "float16")


def test_all_take_turns() -> None:
    clock = Clock()
    contenders = {"a": Fake("a", clock, step=0.004), "b": Fake("b", clock, step=0.03)}
    answers = race(contenders, CASE, EXPECTED, rounds=3)
    assert {name: len(answer["samples"]) for name, answer in answers.items()} == {"a": 3, "b": 3}
    assert answers["a"]["samples"] == pytest.approx([0.004] * 3)
    assert answers["b"]["samples"] == pytest.approx([0.03] * 3)
    assert answers["a"] | {"samples": []} == {
        "ready": 2.0,
        "difference": 0.0,
        "memory": 1000,
        "samples": [],
    }
    assert clock.log[-6:] == [*turns("ab", 3)]


def test_a_sample_is_long_enough() -> None:
    spent: list[float] = []

    class Watched(Fake):
        def seconds(self, repetitions: int) -> float:
            spent.append(super().seconds(repetitions))
            return spent[-1]

    samples({"a": Watched("a", Clock(), step=3e-6)}, rounds=4)
    assert min(spent[-4:]) >= SAMPLE
    assert max(spent) < 2 * SAMPLE
    assert len(spent) < 12


@pytest.mark.parametrize("error", [1.0, 0.0201, float("nan"), float("inf")])
def test_who_is_wrong_has_no_times(error: float) -> None:
    clock = Clock()
    contenders = {"a": Fake("a", clock, errors=[error]), "b": Fake("b", clock)}
    answers = race(contenders, CASE, EXPECTED, rounds=1)
    assert set(answers["a"]) == {"wrong", "tolerance"}
    assert "samples" in answers["b"]
    assert clock.log.count("a") == 1  # to be ready, and never again


def test_who_becomes_wrong_has_no_times() -> None:
    answers = race({"a": Fake("a", Clock(), errors=[0.0, 1.0])}, CASE, EXPECTED, rounds=1)
    assert answers["a"] == {"wrong": 0.25, "tolerance": 5e-3}


@pytest.mark.parametrize(
    "fails",
    [
        {"prepare": 0.0},
        {"output": 0.0},
        {"output": 4.5},
        {"seconds": 0.0},
        {"seconds": 4.5},
    ],
)
def test_who_fails_is_told_of(fails: dict[str, float]) -> None:
    clock = Clock()
    contenders = {"a": Fake("a", clock, fails=fails), "b": Fake("b", clock)}
    answers = race(contenders, CASE, EXPECTED, rounds=5)
    assert answers["a"] == {"failed": f"no {next(iter(fails))}"}
    assert len(answers["b"]["samples"]) == 5


def test_one_image_at_a_time_is_called_as_well() -> None:
    answers = race({"a": Fake("a", Clock())}, Case("resnet18", 1), EXPECTED, rounds=1)
    assert answers["a"]["calls"] == [0.008] * CALLS


def test_a_batch_repeats_the_images_that_the_oracle_has_seen() -> None:
    case = Case("resnet20", 6, "float32")
    (images,) = case.inputs()
    expected = case.expected()
    assert images.shape == (6, 3, 32, 32)
    assert expected.shape == (6, 10)
    assert (images[4] == images[0]).all()
    assert (expected[4] == expected[0]).all()
    assert (expected[1] != expected[0]).any()
    # Logits, not what a softmax makes of them.
    assert abs(expected[0].sum() - 1) > 1e-3
