"""`netlang verify`: the table, the object and the exit status."""

import json
from pathlib import Path
from typing import Any

import pytest

from netlang.commands import main
from netlang.device import Target
from netlang.engines.cpu import cpu
from netlang.lower import load
from netlang.running.verify import Verdict
from netlang.weights import random_weights, write_weights


def test_passes_are_verified_where_no_engine_computes_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["verify", "resnet20", "--dtype", "float16"]) == 0
    told = capsys.readouterr()
    assert "fuse_epilogue" in told.out
    assert "engine" not in told.out
    assert "no engine that is there computes in float16: passes alone are compared" in told.err


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "resnet20 beside float64, on one random image; weights: random (seed 0)"
    rows = [line.split() for line in lines[3:]]
    assert [row[0] for row in rows][:2] == ["fold_bn", "fold_affine"]
    assert {row[-1] for row in rows} == {"ok"}


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("", Target.of()),
        ("--device a100-80gb --batch 256", Target.of("a100-80gb", batch=256)),
        ("--dtype float32", Target.of(precision="float32")),
        ("--dtype float64", Target.of()),  # which the reference alone computes in
    ],
)
def test_passes_are_those_of_the_target(
    words: str, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Target] = []

    def watched(*given: Any) -> list[Verdict]:
        seen.append(given[-1])
        return []

    monkeypatch.setattr("netlang.commands.verify.verify", watched)
    assert main(["verify", "resnet20", *words.split()]) == 0
    assert seen == [target]


def test_a_batch_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20", "--batch", "0"]) == 1
    assert "a batch of 0 images is none" in capsys.readouterr().err


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


def test_a_difference_that_is_no_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """float32 cannot hold what float64 computes."""
    net, weights = tmp_path / "n.net", tmp_path / "w.safetensors"
    net.write_text("net n { input 3x8x8; conv 3x3, 4 -> relu -> avgpool global -> linear 3 }")
    numbers = random_weights(load(net))
    numbers["conv_1.weight"][:] = 3e38
    write_weights(weights, numbers)
    words = ["verify", str(net), "--weights", str(weights), "--engine", "torch", "--json"]
    assert main(words) == 1
    told = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert told["executions"][-1]["difference"] is None


def test_a_tolerance_allows_something(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20", "--tolerance", "0"]) == 1
    assert "'--tolerance 0.0' allows nothing" in capsys.readouterr().err


def test_an_engine_that_there_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("netlang.commands.verify.verify", lambda *_: pytest.fail("it works"))
    assert main(["verify", "resnet20", "--engine", "torhc"]) == 1
    assert "did you mean 'torch'?" in capsys.readouterr().err


def test_a_precision_that_nothing_computes_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "resnet20", "--dtype", "float8"]) == 1
    assert "no engine that is there computes in float8" in capsys.readouterr().err


def test_engines_are_compared_in_the_precision_that_is_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["verify", "resnet20", "--engine", "torch", "--dtype", "bfloat16"]
    status, told = main(words), capsys.readouterr()
    if cpu().has_bfloat16:
        row = told.out.splitlines()[-1].split()
        assert status == 0
        assert (row[:3], row[-2:]) == (["torch", "engine,", "bfloat16"], ["5e-02", "ok"])
    else:
        assert status == 1
        assert "this CPU does not compute in bfloat16" in told.err
