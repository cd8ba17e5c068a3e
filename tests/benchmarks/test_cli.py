"""The command: what it measures, what it prints, and that the next call goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import __main__ as command
from benchmarks.gpu.case import Array, Case
from tests.benchmarks.fakes import EXPECTED, Clock, Fake


@pytest.fixture
def came(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who has been started, on a machine that only looks like one with a GPU."""
    came: list[str] = []

    def enter(make: Any, limit: float, deadline: float) -> Fake:
        came.extend(make.args)
        return Fake(make.args[0], Clock())

    def expected(self: Case) -> Array:
        return EXPECTED

    def found() -> dict[str, Any]:
        return {"name": "NVIDIA H200", "cuda": "13.0", "driver": "580"}

    monkeypatch.setattr(command, "Remote", enter)
    monkeypatch.setattr(command, "gpu", found)
    monkeypatch.setattr(Case, "expected", expected)
    return came


def test_a_call_and_the_next(
    came: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gpu.json"
    line = ["--only", "resnet18", "--against", "torch", "--no-layers", "--json", str(path)]
    command.main([*line, "--batch", "32"])
    assert came == ["netlang", "torch"]
    out, err = capsys.readouterr()
    assert "resnet18, batch 32, float16: netlang timed, torch timed" in err
    assert "| resnet18 | 32 | float16 |" in out
    (row,) = json.loads(path.read_text())["rows"]
    assert row["target"] == "h200"

    command.main([*line, "--batch", "1,32"])
    assert came == ["netlang", "torch"] * 2
    assert "| resnet18 | 32 | float16 |" in capsys.readouterr().out

    command.main([*line, "--batch", "32", "--fresh", "--device", "a100-80gb"])
    command.main([*line, "--batch", "32", "--fresh"])
    assert came == ["netlang", "torch"] * 4
    rows = json.loads(path.read_text())["rows"]
    assert [(row["batch"], row["target"]) for row in rows] == [
        (1, "h200"),
        (32, "a100-80gb"),
        (32, "h200"),
    ]


def test_no_time_is_no_result(
    came: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gpu.json"
    command.main(["--budget", "0", "--json", str(path)])
    assert not came
    assert "out of time" in capsys.readouterr().err
    assert not path.exists()
