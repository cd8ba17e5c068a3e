"""The tables of the race on a CPU say what was measured, and old results are of no other machine."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks import cpu
from benchmarks.markdown import filled
from netlang.bench import Answer, describe
from netlang.bench.race import Start
from netlang.engines.cpu import Cpu

SECONDS = {
    "netlang openvino": [0.030, 0.031, 0.029],
    "netlang torch": [0.050, 0.050, 0.050],
    "openvino": [0.033, 0.062, 0.029],
    "onnxruntime": [0.015, 0.031, 0.029],
    "torch": [0.075, 0.1, 0.15],
}


def made_up(seconds: Mapping[str, list[float]]) -> dict[str, Answer]:
    return {
        name: Answer([0.2, 0.3, 0.4], own, 1e-6, Start(1.5, 10**8)) for name, own in seconds.items()
    }


def test_others_are_told_in_times_of_the_rounds_own() -> None:
    *_, row = cpu.latency({"resnet50, batch 1": made_up(SECONDS)}, "float32")
    # Round by round OpenVINO takes 1.1, 2 and 1 times as long, and torch 1.5, 2 and 3 times.
    cells = "resnet50, batch 1 | 30.0 ms ±3% | 1.10x | 1.00x | 50.0 ms ±0% | 2.00x"
    assert row == f"| {cells} |"


def test_bfloat16_has_a_table_without_those_who_lack_it() -> None:
    results = {
        f"resnet50, batch {batch}, {kind}": made_up(SECONDS)
        for batch, kind in [(1, "bfloat16"), (16, "bfloat16"), (1, "torch.compile")]
    }
    head, _, *rows = cpu.latency(results, "bfloat16")
    own, peer = "netlang openvino | OpenVINO / netlang openvino", "eager torch / netlang torch"
    assert head == f"|  | {own} | netlang torch | {peer} |"
    assert [row.split(" | ")[0] for row in rows] == ["| resnet50, batch 1", "| resnet50, batch 16"]


def test_torch_compile_stands_beside_who_is_ready_alone() -> None:
    compiled = {"netlang openvino", "netlang torch"}
    beside = made_up({name: SECONDS[name] for name in compiled} | {"torch.compile": [1.0, 1.0]})
    results = {
        "resnet50, batch 1": made_up(SECONDS),
        "resnet50, batch 16": made_up(SECONDS),
        "resnet50, batch 1, torch.compile": beside,
    }
    *_, rule, row = cpu.ready(results)
    assert rule.startswith("| ---")
    assert row == "| resnet50 | 300 ms | 300 ms | 1.50 s | 1.50 s | 1.50 s |"


def test_the_page_has_the_tables_of_the_results() -> None:
    results = cpu.told(json.loads(cpu.RESULTS.read_text(encoding="utf-8")))
    page = cpu.PAGE.read_text(encoding="utf-8")
    assert page == filled(page, cpu.TABLES, results), "run `python -m benchmarks.cpu`"


def test_the_picture_is_that_of_the_results() -> None:
    stored = json.loads(cpu.RESULTS.read_text(encoding="utf-8"))
    assert cpu.PICTURE.read_bytes() == cpu.picture(stored), "run `python -m benchmarks.cpu`"


def test_a_table_of_another_race_stays_as_it_is() -> None:
    page = "<!-- table: another -->\nold\n<!-- end -->"
    assert filled(page, cpu.TABLES, {}) == page


@pytest.mark.parametrize("key", ["processor", "versions", "cores"])
def test_what_another_machine_or_version_raced_is_forgotten(key: str) -> None:
    answers = {"resnet50, batch 1": made_up(SECONDS)}
    stored = json.loads(json.dumps(describe(answers)))
    assert cpu.known(stored) == answers
    assert cpu.known(stored | {key: "another"}) == {}


@pytest.mark.parametrize("brains", [[], [("vgg16", 1, 4), ("vgg16", 16, 4)]])
def test_what_is_there_is_not_raced_again(
    brains: list[tuple[str, int, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raced = list[tuple[str, int, int]]()

    def race(case: cpu.Case, names: tuple[str, ...], rounds: int) -> dict[str, Answer]:
        raced.append((case.network, case.batch, len(names)))
        return made_up({name: SECONDS.get(name, [1.0, 1.0]) for name in names})

    page = tmp_path / "page.md"
    page.write_text("<!-- table: latency -->\n<!-- end -->\n", encoding="utf-8")
    monkeypatch.setattr(cpu, "raced", race)
    monkeypatch.setattr(cpu, "cpu", lambda: Cpu("this", has_bfloat16=bool(brains)))
    monkeypatch.setattr(cpu, "PAGE", page)
    monkeypatch.setattr(cpu, "RESULTS", tmp_path / "new/cpu.json")
    monkeypatch.setattr(cpu, "PICTURE", tmp_path / "cpu.svg")
    monkeypatch.setattr("sys.argv", ["cpu", "--only", "vgg16"])
    cpu.main()
    assert raced == [("vgg16", 1, 5), ("vgg16", 16, 5), *brains, ("vgg16", 1, 3)]
    monkeypatch.setattr("sys.argv", ["cpu", "--only", "vgg16", "--only", "alexnet"])
    cpu.main()
    assert [network for network, *_ in raced] == ["vgg16"] * len(raced[::2]) + ["alexnet"] * len(
        raced[::2]
    )
    rows = page.read_text(encoding="utf-8").splitlines()
    assert [row.split(",")[0] for row in rows[3:5]] == ["| alexnet", "| vgg16"]
    assert (tmp_path / "cpu.svg").read_bytes().startswith(b"<svg")
    assert "alexnet, batch 16" in capsys.readouterr().out
