"""Whole networks against independent definitions, in float64, on images of pixel scale."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from netlang.backends.torch import Layer, Network, Output, to_module
from netlang.diagnostic import Source
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.weights import random_weights
from tests.zoo import reference
from tests.zoo.compare import CLOSE, STAGES, difference, images
from tests.zoo_at import zoo_at

GOOGLENETS = [("googlenet", False), ("googlenet_torchvision", True)]


def share(theirs: nn.Module, graph: Graph) -> Network:
    """The graph's module, whose weights the reference gets, layer by layer in order."""
    weights = random_weights(graph)
    layers = [m for m in theirs.modules() if next(m.parameters(recurse=False), None) is not None]
    nodes = [node for node in graph if graph.weights(node)]
    for layer, node in zip(layers, nodes, strict=True):
        own = {
            slot: torch.from_numpy(weights[f"{node.name}.{slot}"]) for slot in graph.weights(node)
        }
        assert own.keys() == layer.state_dict().keys() - {"num_batches_tracked"}
        layer.load_state_dict(own, strict=False)
    return to_module(graph, weights).double()


def differences(graph: Graph, theirs: nn.Module) -> tuple[float, float]:
    """Of logits and of probabilities, at inference."""
    theirs = theirs.double().eval()
    ours, x = share(theirs, graph).eval(), images(graph)
    with torch.inference_mode():
        logits = theirs(x)
        return difference(ours.logits(x), logits), difference(ours(x), logits.softmax(1))


def compare(graph: Graph, theirs: nn.Module) -> None:
    assert max(differences(graph, theirs)) <= CLOSE


def compare_training(graph: Graph, theirs: nn.Module) -> None:
    """Logits, those of the heads, and what batch norms remember, with dropout off."""
    theirs = theirs.double().train()
    ours, x = share(theirs, graph).train(), images(graph)
    for layer in (*ours.modules(), *theirs.modules()):
        if isinstance(layer, nn.Dropout) or (
            isinstance(layer, Layer) and layer.op.name == "dropout"
        ):
            layer.eval()
    with torch.no_grad():
        got, expected = ours(x), theirs(x)
    results = [got.output, *got.heads.values()] if isinstance(got, Output) else [got]
    wanted = expected if isinstance(expected, tuple) else [expected]
    for result, want in zip(results, wanted, strict=True):
        assert difference(result, want) <= CLOSE
    remembered = [b for name, b in theirs.named_buffers() if "running" in name]
    for buffer, want in zip(ours.buffers(), remembered, strict=True):
        assert difference(buffer, want) <= CLOSE


@pytest.mark.parametrize("name", ["alexnet", "alexnet_torchvision"])
def test_alexnet(name: str) -> None:
    compare(load(name), getattr(reference, name)())


@pytest.mark.parametrize(("name", "torchvision"), GOOGLENETS)
def test_googlenet(name: str, torchvision: bool) -> None:
    compare(load(name), reference.GoogLeNet(torchvision=torchvision))


@pytest.mark.parametrize(("name", "torchvision"), GOOGLENETS)
def test_googlenet_in_training(name: str, torchvision: bool) -> None:
    compare_training(load(name), reference.GoogLeNet(torchvision=torchvision))


@pytest.mark.parametrize("bn", [False, True], ids=["", "bn"])
@pytest.mark.parametrize(("depth", "columns"), [(16, (2, 2, 3, 3, 3)), (19, (2, 2, 4, 4, 4))])
def test_vgg(depth: int, columns: tuple[int, ...], bn: bool) -> None:
    graph = zoo_at(32, f"vgg{depth}" + "_bn" * bn)
    compare(graph, reference.vgg(columns, bn, 32))


@pytest.mark.parametrize("option", "ABC")
@pytest.mark.parametrize("depth", [18, 34])
def test_resnet_of_pairs(depth: int, option: str) -> None:
    compare(zoo_at(64, f"resnet{depth}", option=option), reference.ResNet(STAGES[depth], option))


@pytest.mark.parametrize(
    ("depth", "option", "stride_in"),
    [(50, "A", 1), (50, "B", 1), (50, "B", 3), (50, "C", 3), (152, "B", 1)],
)
def test_resnet_of_bottlenecks(depth: int, option: str, stride_in: int) -> None:
    graph = zoo_at(64, f"resnet{depth}", option=option, stride_in=(stride_in, stride_in))
    compare(graph, reference.ResNet(STAGES[depth], option, stride_in))


def test_resnet_at_full_size() -> None:
    compare(load("resnet18"), reference.ResNet(STAGES[18], "B"))


@pytest.mark.parametrize("depth", [18, 34])
def test_plain(depth: int) -> None:
    compare(zoo_at(64, f"plain{depth}"), reference.ResNet(STAGES[depth], "none"))


@pytest.mark.parametrize("depth", [20, 56])
@pytest.mark.parametrize(("family", "option"), [("resnet", "A"), ("plain", "none")])
def test_cifar(family: str, option: str, depth: int) -> None:
    stages = [(depth - 2) // 6] * 3
    compare(load(f"{family}{depth}"), reference.ResNet(stages, option, cifar=True, classes=10))


def test_resnet_in_training() -> None:
    compare_training(load("resnet20"), reference.ResNet([3] * 3, "A", cifar=True, classes=10))


def test_the_scale_of_images_shows_the_convention_of_lrn() -> None:
    """Caffe's alpha / 5 is another network: the comparison above would see it."""
    path = zoo_networks()["alexnet"]
    text = path.read_text()
    graph = load(Source(str(path), text.replace("lrn size=5", "lrn over=mean, size=5")))
    logits, _ = differences(graph, reference.alexnet())
    assert logits > 0.1
