"""A network as parts: what each is called, and what it holds."""

from netlang.lower import load
from netlang.views.fold import fold
from netlang.views.parts import root


def test_parts_say_what_they_are() -> None:
    network = root(fold(load("resnet152")))
    stages = {part.path: part for part in network.parts}
    conv2 = stages["conv2_x"]
    assert (conv2.label, conv2.title, conv2.kind) == ("conv2_x", "conv2_x", "")
    first, repeat = conv2.parts
    assert (first.label, first.title, first.kind) == ("bottleneck_1", "bottleneck", "bottleneck")
    # He et al. 2015, Table 1: of three blocks the last two are alike.
    assert (repeat.path, repeat.times) == ("conv2_x.bottleneck_2", 2)
    assert (repeat.label, repeat.title) == ("bottleneck ×2", "bottleneck")
    conv = repeat.parts[0]
    assert (conv.path, conv.kind) == ("conv2_x.bottleneck_2.conv_1", "conv")
    assert conv.label == conv.title == "1x1 conv, 64"


def test_the_network_holds_all_layers_and_walks_through_all_parts() -> None:
    graph = fold(load("googlenet"))
    network = root(graph)
    assert network.nodes == graph.graph.nodes
    found = list(network.walk())
    assert found[0] is network
    assert tuple(part.node for part in found if part.node) == graph.graph.nodes
    assert {part.path for part in found if part.block} == graph.graph.blocks.keys()
