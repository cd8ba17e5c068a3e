"""A run of the GPU benchmark: what it keeps, what it skips, and when it ends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import netlang
from benchmarks.gpu.case import Array, Case
from benchmarks.gpu.contenders import versions
from benchmarks.gpu.gpu import state
from benchmarks.gpu.remote import OutOfTimeError
from benchmarks.gpu.results import Results
from benchmarks.gpu.run import Setting, run
from netlang.cost import profile
from netlang.device import DEVICES
from netlang.ground import resources
from netlang.passes import optimize
from tests.benchmarks.fakes import EXPECTED, Clock, Fake

CASES = [Case("resnet20", batch, "float16") for batch in (1, 32)]

GPU = {"name": "NVIDIA H100 80GB HBM3", "cuda": "13.0", "driver": "580"}


class Lobby:
    """Where contenders come from, and who has come."""

    def __init__(self, **fields: Mapping[str, Any]):
        self.clock, self.fields = Clock(), fields
        self.came: list[Fake] = []

    def __call__(self, name: str) -> Fake:
        self.came.append(Fake(name, self.clock, **self.fields.get(name, {})))
        return self.came[-1]

    def setting(self, **fields: Any) -> Setting:
        usual = Setting(
            gpu=GPU,
            machine={},
            versions={"netlang": "1"},
            against=("torch", "jax"),
            enter=self,
            deadline=1e9,
            rounds=3,
            layers=False,
            clock=self.clock,
        )
        return replace(usual, **fields)


@pytest.fixture(autouse=True)
def _expectations(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    def expected(self: Case) -> Array:
        return EXPECTED

    monkeypatch.setattr(Case, "expected", expected)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "new" / "gpu.json")


def did(setting: Setting, results: Results, cases: Sequence[Case] = CASES) -> list[str]:
    return list(run(cases, setting, results))


def test_a_row(results: Results) -> None:
    lobby = Lobby(jax={"fails": {"prepare": 0.0}})
    said = did(lobby.setting(), results)
    assert said[0] == "resnet20, batch 1, float16: netlang timed, torch timed, jax failed"
    assert [fake.name for fake in lobby.came] == ["netlang", "torch", "jax"] * 2
    assert all(fake.closed for fake in lobby.came)
    (row, _) = json.loads(results.path.read_text())["rows"]
    assert row["contenders"]["jax"] == {"failed": "no prepare"}
    assert len(row["contenders"]["netlang"]["samples"]) == 3
    assert row["device"] == GPU["name"]
    assert "layers" not in row
    floors = profile(
        optimize(CASES[0].graph, target=CASES[0].target).graph, DEVICES["h100"], "float16", 1
    )
    assert row["floor"] == pytest.approx(floors.totals.seconds)


def test_what_is_known_is_skipped(results: Results) -> None:
    did(Lobby().setting(), results, CASES[:1])
    again = Lobby()
    assert did(again.setting(deadline=0.0), Results(results.path), CASES[:1]) == []
    assert len(did(again.setting(), Results(results.path))) == 1
    assert len(again.came) == 3  # for the case that was not there


@pytest.mark.parametrize(
    "changed",
    [
        {"versions": {"netlang": "2"}},
        {"gpu": GPU | {"name": "NVIDIA H200"}},
        {"against": ("torch",)},
    ],
)
def test_another_question_is_another_row(changed: dict[str, Any], results: Results) -> None:
    did(Lobby().setting(), results, CASES[:1])
    did(Lobby().setting(**changed), results, CASES[:1])
    assert len(Results(results.path).rows) == 2


def test_a_fresh_start_forgets_its_own_rows_alone(results: Results) -> None:
    lobby = Lobby()
    did(lobby.setting(), results)
    results.forget([lobby.setting().asks(CASES[0])])
    assert [row["batch"] for row in results.rows] == [32]


def test_no_step_begins_that_would_not_end(results: Results) -> None:
    lobby = Lobby()
    first = Lobby()
    did(first.setting(), results, CASES[:1])
    results.rows.clear()
    one = first.clock.now
    said = did(lobby.setting(deadline=1.9 * one), results)
    assert said[-1] == "resnet20, batch 32, float16: out of time"
    assert len(results.rows) == 1
    assert lobby.clock.now <= one + 1e-9


def test_a_step_that_is_cut_short_leaves_nothing(results: Results) -> None:
    class Late(Fake):
        def seconds(self, repetitions: int) -> float:
            raise OutOfTimeError

    lobby = Lobby()
    came: list[Late] = []

    def enter(name: str) -> Late:
        came.append(Late(name, lobby.clock))
        return came[-1]

    said = did(lobby.setting(enter=enter), results)
    assert said == ["resnet20, batch 1, float16: cut short"]
    assert not results.rows
    assert all(fake.closed for fake in came)


def test_layers(results: Results) -> None:
    lobby = Lobby(**{"torch's layers": {"step": 0.008, "fails": {"prepare": 15.0}}})
    case = CASES[0]
    said = did(lobby.setting(layers=True), results, [case])
    assert said[-1].endswith("layers")
    ours, theirs = lobby.came[-2:]
    assert (ours.name, theirs.name) == ("netlang's layers", "torch's layers")
    layers = results.rows[0]["layers"]
    assert [layer["function"] for layer in layers] == [each.function for each in ours.prepared]
    assert all(each.case == case for each in ours.prepared)
    assert {layer["contenders"]["netlang"]["samples"][0] for layer in layers} == {0.004}
    assert layers[0]["contenders"]["torch"]["samples"][0] == 0.008
    assert layers[-1]["contenders"]["torch"] == {"failed": "no prepare"}
    assert all(layer["floor"] > 0 for layer in layers)
    # The layers of one function count; the sum of all is that of the launches that multiply.
    assert max(layer["launches"] for layer in layers) > 1
    assert did(lobby.setting(layers=True), results, [case]) == []


def test_wrong_numbers_have_no_layers(results: Results) -> None:
    lobby = Lobby(netlang={"errors": [9.0]})
    did(lobby.setting(layers=True), results, CASES[:1])
    assert "layers" not in results.rows[0]
    assert len(lobby.came) == 3


def test_an_unknown_gpu_has_no_floor(results: Results) -> None:
    lobby = Lobby()
    did(lobby.setting(gpu=GPU | {"name": "Tesla V100"}, layers=True), results, CASES[:1])
    assert results.rows[0]["floor"] is None
    assert {layer["floor"] for layer in results.rows[0]["layers"]} == {None}


def test_nvidia_smi_may_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert state() == {}
    smi = tmp_path / "nvidia-smi"
    smi.write_text("#!/bin/sh\necho 'NVIDIA H100, 580.1, 1980, 2619, 612.5, 700.0, 61, 0x0'\n")
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    assert state()["sm_mhz"] == "1980"
    assert state()["throttled"] == "0x0"


def test_the_digest_of_the_code_changes_with_its_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path)
    digests = set[str]()
    for text in "12":
        (tmp_path / "module.py").write_text(text)
        digests.add(resources.code_digest.__wrapped__())
    assert len(digests) == 2


def test_versions() -> None:
    found = versions(["netlang", "torch"])
    assert set(found) == {"netlang", "torch", "triton"}
    assert found["netlang"] == f"{netlang.__version__}+{resources.code_digest()}"
    assert ("jax" in versions(["jax"])) == bool(find_spec("jax"))
