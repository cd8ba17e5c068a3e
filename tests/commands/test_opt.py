"""`netlang opt`: passes on text."""

from pathlib import Path

import pytest

from netlang.commands import main
from netlang.device import DEVICES, Target
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize


def emitted(network: str, stage: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["compile", network, "--emit", stage]) == 0
    return capsys.readouterr().out


def test_the_whole_pipeline_gives_what_compile_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "g.ir"
    file.write_text(emitted("googlenet", "graph", capsys))
    assert main(["opt", str(file)]) == 0
    assert capsys.readouterr().out == emitted("googlenet", "optimized", capsys)


def test_passes_in_the_order_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "g.ir"
    file.write_text(emitted("resnet20", "graph", capsys))
    passes = ["--pass", "fold_bn", "--pass", "fold_affine"]
    assert main(["opt", str(file), *passes, "--explain"]) == 0
    out, err = capsys.readouterr()
    graph = parse_graph(out)
    (fold,) = [run for run in optimize(load("resnet20")).reports if run.name == "fold_affine"]
    assert len(graph) == len(load("resnet20")) - len(fold.changed)
    assert "%bn_1: folded into %conv_1" in err


def test_fusion_is_tried_for_a_target(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "g.ir"
    file.write_text(emitted("googlenet", "graph", capsys))

    def said(*target: str) -> tuple[str, str]:
        assert main(["opt", str(file), "--explain", *target]) == 0
        out, err = capsys.readouterr()
        return out, err

    target = Target(DEVICES["l4"], "float32", 64)
    out, err = said("--device", "l4", "--dtype", "float32", "--batch", "64")
    assert parse_graph(out) == optimize(load("googlenet"), target=target).graph
    assert "L4, float32, batch 64" in err
    assert out != said()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pass", "fuse"], "no pass 'fuse'"),
        (["--batch", "0"], "a batch of 0 images is none"),
    ],
)
def test_mistakes(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "g.ir"
    file.write_text(emitted("resnet20", "graph", capsys))
    assert main(["opt", str(file), *arguments]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("out=16", "out=17", "is not a valid graph: %conv_1 is a 17x32x32, not a 16x32x32"),
        ("kernel=3x3", "kernel=99x99, pad=0", "a kernel of 99x99 does not fit into 32x32"),
        ("conv(", "cnov(", "there is no layer 'cnov'"),
        (": 16x32x32", ": 16x32x32 where wieght = add(a.b, c.d)", "%conv_1 has no weight 'wieght'"),
    ],
)
def test_a_wrong_graph_is_a_mistake(
    old: str, new: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "g.ir"
    file.write_text(emitted("resnet20", "graph", capsys).replace(old, new, 1))
    assert main(["opt", str(file)]) == 1
    assert message in capsys.readouterr().err


def test_a_missing_file_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["opt", "nowhere.ir"]) == 1
    assert "there is no file 'nowhere.ir'" in capsys.readouterr().err
