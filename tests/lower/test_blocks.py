"""What a graph remembers of the blocks that it was built from."""

from netlang.lower import load
from netlang.passes import optimize


def test_each_call_s_path_is_of_a_block() -> None:
    googlenet = load("googlenet")
    assert googlenet.blocks["inception_3a"] == "inception"
    assert googlenet.blocks["aux1.side_head_1"] == "side_head"
    assert list(googlenet.blocks.values()).count("inception") == 9
    resnet = load("resnet50")
    assert resnet.blocks["conv2_x.bottleneck_1"] == "bottleneck"
    assert "conv4_x.bottleneck_6" in resnet.blocks
    assert "conv4_x" not in resnet.blocks  # a group is no block


def test_passes_keep_them() -> None:
    graph = load("resnet18")
    assert optimize(graph).graph.blocks == graph.blocks
