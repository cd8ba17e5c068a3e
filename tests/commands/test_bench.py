"""`netlang bench`: a table, files, and refusals ahead of any work."""

import json
from pathlib import Path

import pytest

from netlang.commands import main

NET = "net tiny { input 3x16x16; conv 3x3, 8 -> bn -> relu; avgpool global; linear 5; softmax }"


def test_a_race(net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = tmp_path / "race.json", tmp_path / "race.svg"
    words = ["bench", str(net), "--against", "torch", "--rounds", "3", "--threads", "1"]
    assert main([*words, "-o", str(files[0]), "-o", str(files[1])]) == 0
    shown = capsys.readouterr().out
    assert "tiny, batch 1" in shown
    told = json.loads(files[0].read_text())
    assert (told["threads"], told["dtype"]) == (1, "float32")
    place = f"{told['cores']} cores, 1 thread, float32"
    assert place in shown
    assert place in files[1].read_text()
    answers = told["results"]["tiny, batch 1"]
    assert {"netlang torch", "torch"} <= set(answers)
    for name, answer in answers.items():
        assert f"  {name} " in shown
        assert len(answer["seconds"]) == 3
        assert answer["difference"] < 1e-5
        # It starts from nothing in a process of its own, which holds at least Python.
        assert answer["first"]["seconds"] > max(answer["seconds"])
        assert answer["first"]["peak"] > 10_000_000
    assert files[1].read_text().count("<title>netlang ") == len(answers) - 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--against", "torhc"], "did you mean 'torch'?"),
        (["--batch", "0"], "a batch of 0 images is none"),
        (["--batch", "one"], "'--batch one' is no batch"),
        (["--rounds", "1"], "'--rounds 1' has no spread"),
        (["--threads", "0"], "nothing runs on 0 threads"),
        (["lost1", "lost2"], "no network of the zoo named 'lost2'"),
        (["-o", "race.bmp"], "netlang does not draw '.bmp' files"),
        (["--set", "classes=ten"], "'classes'"),
    ],
)
def test_refusals(
    net: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", str(net), *words]) == 1
    assert message in capsys.readouterr().err


def test_who_computes_otherwise_is_to_be_left_out(
    net: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("netlang.commands.bench.require_precision", lambda precision: None)
    words = ["bench", str(net), "--dtype", "bfloat16", "--against", "onnxruntime"]
    assert main(words) == 1
    told = capsys.readouterr().err
    assert "'onnxruntime' does not compute in bfloat16" in told
    assert "pip install" not in told
