"""What every file of the zoo keeps to."""

from __future__ import annotations

import pytest

from netlang.ground.resources import zoo_networks
from netlang.ir.attributes import written
from netlang.ir.graph import verify
from netlang.ir.printer import print_graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.recipe import Bias

NETWORKS = zoo_networks()


@pytest.mark.parametrize("name", NETWORKS)
def test_file(name: str) -> None:
    graph = verify(load(name))
    assert graph.name == name
    assert NETWORKS[name].read_text().startswith("# ")
    assert graph[graph.output].op.name == "softmax"
    assert "eval" in dict(graph.recipes)


@pytest.mark.parametrize("name", NETWORKS)
def test_printed_graph_reads_back(name: str) -> None:
    graph = load(name)
    assert parse_graph(print_graph(graph)) == graph


def recipe(name: str, kind: str) -> list[str]:
    """The words of a recipe with what is not at its default."""
    return [f"{w.word} {written(w)}".rstrip() for w in dict(load(name).recipes)[kind]]


TRAINED = {
    # Krizhevsky et al. 2012, section 5
    "alexnet": [
        "sgd lr=0.01, weight_decay=0.0005",
        "batch size=128",
        "plateau",
        "epochs count=90",
        "init kind=gaussian",
        "bias value=1.0, of=conv2",
        "bias value=1.0, of=fc7",
    ],
    # Szegedy et al. 2014, section 6
    "googlenet": ["decay every=8, factor=0.96", "average", "area"],
    # He et al. 2015, sections 3.4 and 4.2
    "resnet152": [
        "sgd lr=0.1, weight_decay=0.0001",
        "batch size=256",
        "plateau",
        "iterations count=600000",
        "resize side=256, to=480",
    ],
    "resnet20": [
        "sgd lr=0.1, weight_decay=0.0001",
        "batch size=128",
        "drop at=32000",
        "drop at=48000",
        "iterations count=64000",
        "pad pixels=4",
    ],
    "plain1202": ["warmup lr=0.01, until=0.8"],
    # Simonyan and Zisserman 2014, section 3.1
    "vgg19": ["sgd lr=0.01, weight_decay=0.0005", "batch size=256", "iterations count=370000"],
}


@pytest.mark.parametrize("name", TRAINED)
def test_training(name: str) -> None:
    assert set(TRAINED[name]) <= set(recipe(name, "train"))


@pytest.mark.parametrize("name", [name for name in NETWORKS if "torchvision" not in name])
def test_the_layers_that_a_recipe_names_are_there(name: str) -> None:
    graph = load(name)
    named = {word.of for word in dict(graph.recipes)["train"] if isinstance(word, Bias)}
    assert named <= {node.name.partition(".")[0] for node in graph}


CIFAR = [name for name, path in NETWORKS.items() if "cifar" in path.read_text()]


def test_warmup_is_for_the_deep() -> None:
    warm = [n for n in CIFAR if any("warmup" in word for word in recipe(n, "train"))]
    assert warm == ["plain110", "plain1202", "resnet110", "resnet1202"]


@pytest.mark.parametrize(
    ("name", "sides"),
    [
        ("googlenet", [256, 288, 320, 352]),
        ("resnet152", [224, 256, 384, 480, 640]),
        ("vgg16", [256, 384, 512]),
    ],
)
def test_sizes_of_a_test(name: str, sides: list[int]) -> None:
    words = recipe(name, "eval")
    assert [word for word in words if word.startswith("scale")] == [
        f"scale side={s}" for s in sides
    ]
    assert ("dense" in words) != ("crops count=144" in words)


@pytest.mark.parametrize("name", ["alexnet", "plain34", "resnet18"])
def test_ten_crops(name: str) -> None:
    assert {"resize side=256", "crop size=224", "crops count=10"} <= set(recipe(name, "eval"))
