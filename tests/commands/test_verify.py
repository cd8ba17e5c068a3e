"""`netlang verify`: the table, the object and the exit status."""

import json

import pytest

from netlang.commands import main


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "resnet20 beside float64, on one random image; weights: random (seed 0)"
    rows = [line.split() for line in lines[3:]]
    assert [row[0] for row in rows][:2] == ["fold_bn", "fold_affine"]
    assert {row[-1] for row in rows} == {"ok"}


def test_what_exceeds_the_tolerance_is_told_by_the_status(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["verify", "resnet20", "--tolerance", "1e-9", "--engine", "torch", "--json"]
    assert main(words) == 1
    *passes, engine = json.loads(capsys.readouterr().out)["executions"]
    assert all(each["passed"] and each["layer"] is None for each in passes)
    assert engine["what"] == "torch engine, float32"
    assert engine["layer"] == "conv_1"
    assert engine["layer_difference"] > engine["tolerance"] == 1e-9


def test_a_tolerance_allows_something(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20", "--tolerance", "0"]) == 1
    assert "'--tolerance 0.0' allows nothing" in capsys.readouterr().err


def test_an_engine_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20", "--engine", "torhc"]) == 1
    assert "did you mean 'torch'?" in capsys.readouterr().err
