"""`netlang check`: one line a network, mistakes on standard error, 1 where there is any."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlang.commands import main

Capture = pytest.CaptureFixture[str]


def test_a_network_is_told_in_one_line(capsys: Capture) -> None:
    assert main(["check", "resnet152", "vgg16"]) == 0
    assert capsys.readouterr() == (
        "resnet152: ok, 516 nodes, 60,192,808 parameters, 11.3 GMACs\n"
        "vgg16: ok, 40 nodes, 138,357,544 parameters, 15.5 GMACs\n",
        "",
    )


def test_a_wrong_network_does_not_hide_the_next(capsys: Capture, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.net"
    wrong.write_text("net n { input 3x8x8 -> cov 3x3, 4 }")
    assert main(["check", str(wrong), "resnet20"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("resnet20: ok")
    assert err.startswith("error: there is no layer or block 'cov'\n")


def test_layers_that_count_for_nothing_are_noted(capsys: Capture, tmp_path: Path) -> None:
    net = tmp_path / "dead.net"
    net.write_text(
        "net n {\n  input 3x8x8\n  relu as a\n  conv 3x3, 9 as lost\n  from a -> conv 1x1, 5\n}"
    )
    assert main(["check", str(net), "googlenet"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("n: ok, 3 nodes, 20 parameters")
    assert "googlenet: ok, 143 nodes, 6,998,552 parameters" in out  # without its heads
    assert err == f"note: {net}:4:3: nothing reads 'lost', so it counts for nothing\n"


@pytest.mark.parametrize(
    ("shape", "meant"),
    [("224x224x3", "3x224x224"), ("480x640x3", "3x480x640"), ("28x28x1", "1x28x28")],
)
def test_an_input_with_its_channels_last_is_noted(
    shape: str, meant: str, capsys: Capture, tmp_path: Path
) -> None:
    net = tmp_path / "last.net"
    net.write_text(f"net n {{\n  input {shape}\n  relu\n}}")
    assert main(["check", str(net)]) == 0
    err = capsys.readouterr().err
    assert err.startswith(f"note: {net}:2:3: {shape} is ")
    assert err.endswith(f"write input {meant}\n")


@pytest.mark.parametrize("shape", ["3x224x224", "512x1x1", "64x3x3", "1x16000x1", "40x100x1", "12"])
def test_an_input_that_may_be_meant_so_is_not_noted(
    shape: str, capsys: Capture, tmp_path: Path
) -> None:
    net = tmp_path / "first.net"
    net.write_text(f"net n {{ input {shape}; relu }}")
    assert main(["check", str(net)]) == 0
    assert capsys.readouterr().err == ""


def test_settings_reach_the_network(capsys: Capture) -> None:
    assert main(["check", "resnet18", "--set", "option=A", "--set", "classes=1000"]) == 0
    assert "11,515,688 parameters" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("classes", "error: '--set classes' gives no value\n  = help: write --set classes=10\n"),
        ("classes=half", "error: 'out' is a whole number of at least 1, not 'half'\n"),
        ("clases=3", "error: the net 'resnet18' has no parameter 'clases'\n  = help: did you mean"),
    ],
)
def test_a_wrong_setting_is_a_mistake(setting: str, message: str, capsys: Capture) -> None:
    assert main(["check", "resnet18", "--set", setting]) == 1
    assert capsys.readouterr().err.startswith(message)
