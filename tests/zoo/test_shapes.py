"""The shape of every stage, as the papers print it."""

from __future__ import annotations

import pytest

from netlang.ir.graph import Graph, Node
from netlang.lower import load


def stage(graph: Graph, name: str) -> list[Node]:
    """The nodes of a group or of a named block."""
    return [node for node in graph if node.name.startswith(f"{name}.")]


def ends(graph: Graph, *names: str) -> list[str]:
    """The shape that each stage leaves behind."""
    return [str(stage(graph, name)[-1].type) for name in names]


def made_by(graph: Graph, op: str) -> list[str]:
    """The shapes that an operator leaves behind, in order."""
    return [str(node.type) for node in graph if node.op.name == op]


def test_alexnet() -> None:
    """Section 3.5 and Figure 2, both halves together."""
    graph = load("alexnet")
    images = ["96x55x55", "256x27x27", "384x13x13", "384x13x13", "256x13x13"]
    assert ends(graph, *[f"conv{i}" for i in range(1, 6)]) == images
    assert made_by(graph, "maxpool") == ["96x27x27", "256x13x13", "256x6x6"]
    assert ends(graph, "fc6", "fc7", "fc8") == ["4096", "4096", "1000"]


def test_alexnet_has_as_many_neurons_as_the_paper_says() -> None:
    """The caption of Figure 2, whose first number is 55 x 55 x 96 as it should be."""
    graph = load("alexnet")
    neurons = [node.type.elements for node in graph if node.op.is_product]
    assert neurons == [290400, 186624, 64896, 64896, 43264, 4096, 4096, 1000]


def test_alexnet_ends_without_a_relu() -> None:
    graph = load("alexnet")
    assert [node.op.name for node in graph][-2:] == ["linear", "softmax"]


@pytest.mark.parametrize("name", ["googlenet", "googlenet_torchvision"])
def test_googlenet(name: str) -> None:
    """Table 1, the column "output size"."""
    graph = load(name)
    table = {
        "inception_3a": "256x28x28",
        "inception_3b": "480x28x28",
        "inception_4a": "512x14x14",
        "inception_4b": "512x14x14",
        "inception_4c": "512x14x14",
        "inception_4d": "528x14x14",
        "inception_4e": "832x14x14",
        "inception_5a": "832x7x7",
        "inception_5b": "1024x7x7",
    }
    assert ends(graph, *table) == list(table.values())
    convs = made_by(graph, "conv")
    assert convs[:3] == ["64x112x112", "64x56x56", "192x56x56"]
    between = [n for n in graph if n.op.name == "maxpool" and "." not in n.name]
    assert [str(n.type) for n in between] == ["64x56x56", "192x28x28", "480x14x14", "832x7x7"]


@pytest.mark.parametrize("name", ["googlenet", "googlenet_torchvision"])
@pytest.mark.parametrize(("head", "reads"), [("aux1", "inception_4a"), ("aux2", "inception_4d")])
def test_heads_of_googlenet(name: str, head: str, reads: str) -> None:
    """Section 5: 4x4 after the pool, 128 filters, 1024 units; hung on 4a and 4d."""
    graph = load(name)
    nodes = stage(graph, head)
    assert nodes[0].inputs == (stage(graph, reads)[-1].name,)
    channels = stage(graph, reads)[-1].type.channels
    shapes = list(dict.fromkeys(str(node.type) for node in nodes))
    assert shapes == [f"{channels}x4x4", "128x4x4", "1024", "1000"]


STAGES = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}
STAGES[152] = (3, 8, 36, 3)
NETWORKS = [*((f"resnet{depth}", depth) for depth in STAGES), ("plain18", 18), ("plain34", 34)]


@pytest.mark.parametrize(("name", "depth"), NETWORKS)
def test_imagenet(name: str, depth: int) -> None:
    """He et al. 2015, Table 1."""
    graph = load(name)
    wide = 1 if depth < 50 else 4
    assert made_by(graph, "conv")[0] == "64x112x112"
    assert made_by(graph, "maxpool") == ["64x56x56"]
    for i, (blocks, side, width) in enumerate(
        zip(STAGES[depth], (56, 28, 14, 7), (64, 128, 256, 512), strict=True), start=2
    ):
        nodes = stage(graph, f"conv{i}_x")
        body = [n for n in nodes if n.op.name == "conv" and "projection" not in n.name]
        assert len(body) == blocks * (2 if depth < 50 else 3)
        assert str(nodes[-1].type) == f"{wide * width}x{side}x{side}"
        assert {n.type.channels for n in body} == {width, wide * width}


@pytest.mark.parametrize("family", ["resnet", "plain"])
@pytest.mark.parametrize("n", [3, 5, 7, 9, 18, 200])
def test_cifar(family: str, n: int) -> None:
    """He et al. 2015, section 4.2: 1 + 2n, 2n and 2n layers."""
    graph = load(f"{family}{6 * n + 2}")
    layers = made_by(graph, "conv")
    expected = {"16x32x32": 1 + 2 * n, "32x16x16": 2 * n, "64x8x8": 2 * n}
    assert {shape: layers.count(shape) for shape in dict.fromkeys(layers)} == expected


def test_option_a_appends_its_zeros() -> None:
    graph = load("resnet18", option="A")
    padded = [node.op for node in graph if node.op.name == "zero_pad"]
    assert [str(op) for op in padded] == [f"zero_pad after={n}" for n in (64, 128, 256)]


@pytest.mark.parametrize("name", ["vgg16", "vgg16_bn", "vgg19", "vgg19_bn"])
def test_vgg(name: str) -> None:
    """Simonyan and Zisserman 2014, Table 1, columns D and E."""
    graph = load(name)
    pools = ["64x112x112", "128x56x56", "256x28x28", "512x14x14", "512x7x7"]
    assert made_by(graph, "maxpool") == pools
    deep = 3 if "16" in name else 4
    convs = ["64x224x224"] * 2 + ["128x112x112"] * 2
    convs += ["256x56x56"] * deep + ["512x28x28"] * deep + ["512x14x14"] * deep
    assert made_by(graph, "conv") == convs
    assert made_by(graph, "linear") == ["4096", "4096", "1000"]
