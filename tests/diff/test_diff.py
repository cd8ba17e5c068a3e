"""What changed from one network to another: in words, as an object, and whole in both directions."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from netlang.commands import main
from netlang.diagnostic import Source
from netlang.diff import Difference, compare
from netlang.diff.words import words
from netlang.ir.graph import Graph
from netlang.lower import load
from tests.conftest import Golden
from tests.effort import calls
from tests.random_graphs import graphs

CASES = (
    "resnet50 resnet101",
    "resnet34 resnet50",
    "plain34 resnet34",
    "vgg16 vgg19",
    "vgg16 vgg16_bn",
    "alexnet alexnet_torchvision",
    "googlenet googlenet_torchvision",
    "googlenet googlenet_torchvision --training",
    "resnet34 --set-a option=A --set-b option=B",
    "resnet34 --set-b option=C",
    "resnet20 resnet56",
    "resnet110 resnet1202",
    "alexnet resnet152",
    "resnet34",
)


@pytest.mark.parametrize("case", CASES)
def test_words(case: str, golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *case.split()]) == 0
    name = case.replace("--", "").replace(" ", "-").replace("=", "_")
    golden(Path(__file__).parent / f"{name}.txt", capsys.readouterr().out)


NET = """
block pair(width, last = 3x3) {{ conv 3x3, width -> relu;  conv last, width -> relu }}
net edited {{
  input 8x16x16
  group stage {{ {stage} }}
  {tail}
}}
"""


def edited(stage: str = "5 x pair 8", tail: str = "maxpool 2x2, stride=2 -> linear 4") -> Graph:
    return load(Source("edited.net", NET.format(stage=stage, tail=tail)))


def lines(before: Graph, after: Graph) -> list[str]:
    return words(compare(before, after)).splitlines()


def test_one_block_of_a_repeat_is_told_alone() -> None:
    told = lines(edited(), edited("2 x pair 8;  pair 8, 5x5;  2 x pair 8"))
    assert "  ± conv_2: kernel 3x3 -> 5x5" in told
    assert not any("×5" in line for line in told)


def test_a_size_of_image_is_told_once() -> None:
    told = lines(edited(), edited(tail="maxpool 2x2, stride=1 -> linear 4"))
    assert "  ± maxpool_1: stride 2x2 -> 1x1" in told
    assert [line for line in told if "images" in line] == ["images: 8x8 -> 15x15 from maxpool_1"]


def test_layers_gathered_into_a_group_are_the_same() -> None:
    flat = edited(tail="conv 1x1, 4 -> relu -> linear 4")
    grouped = edited(tail="group head { conv 1x1, 4 -> relu };  linear 4")
    difference = compare(flat, grouped)
    assert difference.is_empty
    assert words(difference).endswith("2 with another name")


def test_another_wiring_is_a_change() -> None:
    head = "conv 1x1, 4 as a;  conv 1x1, 4 as b"
    before, after = (
        edited(tail=f"{head};  from {order} -> concat -> linear 4") for order in ("a, b", "b, a")
    )
    (change,) = [c for e in compare(before, after).root.walk() for c in e.changes]
    assert (change.what, change.before, change.after) == ("inputs", "a, b", "b, a")


def marks(difference: Difference) -> Counter[str]:
    return Counter(mark for _, _, mark in difference.root.layers())


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_a_network_does_not_differ_from_itself(graph: Graph) -> None:
    assert compare(graph, graph).is_empty


@given(graphs(), graphs())
@settings(max_examples=60, deadline=None)
def test_every_layer_is_in_one_class_and_back_is_the_mirror(a: Graph, b: Graph) -> None:
    difference, back = compare(a, b), compare(b, a)
    layers = list(difference.root.layers())
    assert sorted(x.name for x, _, _ in layers if x) == sorted(node.name for node in a)
    assert sorted(y.name for _, y, _ in layers if y) == sorted(node.name for node in b)
    assert difference.partners == {x: y for y, x in back.partners.items()}
    mirrored = marks(back)
    mirrored["added"], mirrored["removed"] = mirrored["removed"], mirrored["added"]
    assert +marks(difference) == +mirrored


def test_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "resnet50", "resnet101", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [told[side]["depth"] for side in ("before", "after")] == [50, 101]
    assert told["equal"] is False
    assert told["differences"] == [
        {
            "mark": "changed",
            "what": "bottleneck",
            "before": "conv4_x.bottleneck_2",
            "after": "conv4_x.bottleneck_2",
            "layers": 10,
            "times": 22,
            "changes": {"times": ["5", "22"]},
        }
    ]


def test_comparing_is_linear() -> None:
    few, deep, deepest = load("resnet20"), load("resnet110"), load("resnet1202")
    effort = [calls(lambda b=b: words(compare(few, b))) for b in (deep, deepest)]
    assert effort[1] < 1202 / 110 * effort[0]


def test_a_setting_without_a_value_names_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "resnet34", "--set-b", "option"]) == 1
    assert "'--set-b option' gives no value" in capsys.readouterr().err
