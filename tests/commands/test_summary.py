"""`netlang summary`: the table, and the object that scripts read."""

import json
from typing import Any

import pytest

from netlang.commands import main


def described(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["summary", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("network", "depth"),
    [("alexnet", 8), ("vgg19", 19), ("googlenet", 22), ("resnet152", 152), ("resnet1202", 1202)],
)
def test_depth_is_what_the_papers_count(
    network: str, depth: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert described(capsys, network)["depth"] == depth


def test_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    network = described(capsys, "alexnet")
    layers = network.pop("layers")
    assert network == {
        "name": "alexnet",
        "parameters": 60_965_224,
        "macs": 724_406_816,
        "depth": 8,
        "input": [3, 224, 224],
        "output": [1000],
    }
    assert layers[0] == {
        "name": "conv1.conv_1",
        "op": "conv",
        "input": [3, 224, 224],
        "inputs": [[3, 224, 224]],
        "output": [96, 55, 55],
        "parameters": 34_944,
        "macs": 105_415_200,
        "kernel": [11, 11],
        "stride": [4, 4],
        "pad": [2, 2, 2, 2],
        "groups": 1,
    }
    assert sum(layer["parameters"] for layer in layers) == network["parameters"]
    assert sum(layer["macs"] for layer in layers) == network["macs"]


def test_heads_count_in_training_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert described(capsys, "googlenet")["parameters"] == 6_998_552
    assert described(capsys, "googlenet", "--training")["parameters"] == 13_378_280


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "resnet50"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (stage,) = [line for line in lines if line.startswith("conv4_x")]
    assert stage.split() == "conv4_x 6 x bottleneck 1024x14x14 7,098,368 1,387,266,048".split()
    assert "25,557,032 parameters, 3,857,973,248 MACs an image, 50 layers deep" in lines[-1]
    assert main(["summary", "resnet50", "--layers"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 176 + 4


def test_parameters_can_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert described(capsys, "resnet18", "--set", "option=A")["parameters"] == 11_515_688
    assert described(capsys, "resnet18", "--set", "classes=10")["output"] == [10]


def test_a_mistake_is_an_error_of_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "resnet18", "--set", "clases=10"]) == 1
    assert "did you mean 'classes'?" in capsys.readouterr().err
    assert main(["summary", "resnet18", "--set", "classes"]) == 1
    assert "write --set classes=10" in capsys.readouterr().err
