"""`netlang draw`: what the picture holds, and that it is whole or absent."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from netlang.backends.dot import to_dot
from netlang.commands import main
from netlang.lower import load


def test_the_source_says_what_the_network_is() -> None:
    source = to_dot(load("resnet18"))
    assert source == to_dot(load("resnet18"))
    assert '"conv2_x.basic_1.conv_1" [label="3x3 conv, 64\nbn, relu"' in source
    assert 'conv_1 [label="7x7 conv, 64, /2\nbn, relu\n→ 64x112x112"' in source
    assert source.count("subgraph cluster_conv") == 4
    assert source.count('label="+') == 8  # a residual sum a block


def test_every_edge_joins_two_boxes() -> None:
    source = to_dot(load("googlenet"))
    boxes = set(re.findall(r'^\t+"?([\w.]+)"? \[label', source, re.MULTILINE))
    ends = re.findall(r'^\t+"?([\w.]+)"? -> "?([\w.]+)"?', source, re.MULTILINE)
    assert {end for edge in ends for end in edge} == boxes


@pytest.mark.parametrize("network", ["alexnet", "resnet50"])
def test_svg(network: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "picture.svg"
    assert main(["draw", network, "-o", str(target)]) == 0
    assert "picture.svg" in capsys.readouterr().out
    texts = {text.text for text in ET.parse(target).iter("{http://www.w3.org/2000/svg}text")}
    assert network in texts
    assert "fc 1000" in texts


def test_another_ending_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["draw", "resnet18", "-o", str(tmp_path / "a.bmp")]) == 1
    assert "netlang does not draw '.bmp' files" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
