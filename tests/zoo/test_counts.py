"""Exact numbers: parameters, multiply-adds and layers, as published or counted from the papers."""

from __future__ import annotations

from typing import Any

import pytest

from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import inference
from netlang.summary import depth


def count(graph: Graph) -> tuple[int, int, int, int]:
    """Parameters, MACs, convolutions, fully connected layers."""
    families = [node.op.family for node in graph]
    return (
        sum(map(graph.parameters, graph)),
        sum(map(graph.macs, graph)),
        families.count("conv"),
        families.count("linear"),
    )


# Convolutions on the way through, whose number with the last layer is in the name; option B adds
# a projection a stage that changes the shape.
COUNTS = {
    "alexnet": (60_965_224, 724_406_816, 5, 3),
    "alexnet_torchvision": (61_100_840, 714_188_480, 5, 3),
    "googlenet": (6_998_552, 1_582_671_872, 57, 1),
    "googlenet_torchvision": (6_624_904, 1_498_376_192, 57, 1),
    "plain18": (11_515_688, 1_794_805_760, 17, 1),
    "plain34": (21_623_848, 3_644_493_824, 33, 1),
    "plain20": (269_722, 40_551_040, 19, 1),
    "plain32": (464_154, 68_862_592, 31, 1),
    "plain44": (658_586, 97_174_144, 43, 1),
    "plain56": (853_018, 125_485_696, 55, 1),
    "plain110": (1_727_962, 252_887_680, 109, 1),
    "plain1202": (19_421_274, 2_829_238_912, 1201, 1),
    "resnet18": (11_689_512, 1_814_073_344, 20, 1),
    "resnet34": (21_797_672, 3_663_761_408, 36, 1),
    "resnet50": (25_557_032, 3_857_973_248, 53, 1),
    "resnet101": (44_549_160, 7_570_194_432, 104, 1),
    "resnet152": (60_192_808, 11_282_415_616, 155, 1),
    "resnet20": (269_722, 40_551_040, 19, 1),
    "resnet32": (464_154, 68_862_592, 31, 1),
    "resnet44": (658_586, 97_174_144, 43, 1),
    "resnet56": (853_018, 125_485_696, 55, 1),
    "resnet110": (1_727_962, 252_887_680, 109, 1),
    "resnet1202": (19_421_274, 2_829_238_912, 1201, 1),
    "vgg16": (138_357_544, 15_470_264_320, 13, 3),
    "vgg16_bn": (138_365_992, 15_470_264_320, 13, 3),
    "vgg19": (143_667_240, 19_632_062_464, 16, 3),
    "vgg19_bn": (143_678_248, 19_632_062_464, 16, 3),
}


def test_every_network_is_counted() -> None:
    assert COUNTS.keys() == zoo_networks().keys()


@pytest.mark.parametrize("name", COUNTS)
def test_network(name: str) -> None:
    assert count(inference(load(name))) == COUNTS[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("googlenet", (13_378_280, 1_591_044_096, 59, 5)),
        # What torchvision publishes ends in 904; these are its layers and the heads'.
        ("googlenet_torchvision", (13_004_888, 1_506_748_416, 59, 5)),
    ],
)
def test_with_heads(name: str, expected: tuple[int, ...]) -> None:
    graph = load(name)
    assert count(graph) == expected
    assert [(head.name, head.weight) for head in graph.heads] == [("aux1", 0.3), ("aux2", 0.3)]


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("resnet18", {"option": "A"}, COUNTS["plain18"]),
        ("resnet18", {"option": "C"}, (12_043_816, 1_878_298_624, 25, 1)),
        ("resnet34", {"option": "A"}, COUNTS["plain34"]),
        ("resnet34", {"option": "C"}, (22_716_840, 3_830_747_136, 49, 1)),
        ("resnet50", {"stride_in": "3x3"}, (25_557_032, 4_089_184_256, 53, 1)),
        ("resnet101", {"stride_in": "3x3"}, (44_549_160, 7_801_405_440, 104, 1)),
        ("resnet152", {"stride_in": "3x3"}, (60_192_808, 11_513_626_624, 155, 1)),
    ],
)
def test_variant(name: str, settings: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert count(load(name, **settings)) == expected


@pytest.mark.parametrize(
    ("name", "option", "parameters"),
    [
        ("resnet50", "A", 22_780_456),
        ("resnet101", "A", 41_772_584),
        ("resnet152", "A", 57_416_232),
        ("resnet50", "C", 40_128_552),
        ("resnet101", "C", 76_981_288),
        ("resnet152", "C", 107_335_720),
    ],
)
def test_parameters_of_an_option(name: str, option: str, parameters: int) -> None:
    assert count(load(name, option=option))[0] == parameters


# As the papers count them: layers with weights on the longest path.
DEPTHS = {"alexnet": 8, "alexnet_torchvision": 8, "googlenet": 22, "googlenet_torchvision": 22}


@pytest.mark.parametrize("name", COUNTS)
def test_depth(name: str) -> None:
    in_name = int("".join(c for c in name if c.isdigit()) or 0)
    assert depth(load(name)) == DEPTHS.get(name, in_name)


@pytest.mark.parametrize("name", COUNTS)
def test_classes(name: str) -> None:
    graph = load(name, classes=7)
    assert {graph[result].type.shape for result in graph.results} == {(7,)}
