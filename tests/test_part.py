"""A block of a network as a network of its own."""

import pytest

from netlang.diagnostic import NetError, Source
from netlang.ir.graph import verify
from netlang.lower import load
from netlang.views.part import part


def test_an_inception_module() -> None:
    module = verify(part(load("googlenet"), "inception"))
    assert module.name == "inception"
    assert [str(node.type) for node in module.inputs] == ["192x28x28"]
    assert str(module[module.output].type) == "256x28x28"
    # Szegedy et al. 2014, Table 1, inception (3a)
    convs = [node.type.channels for node in module if node.op.family == "conv"]
    assert convs == [64, 96, 128, 16, 32, 32]
    assert (
        sum(map(module.parameters, module)) == 163_696
    )  # 159K in the table, which counts no biases


def test_a_group_and_a_path() -> None:
    graph = load("resnet50")
    stage = verify(part(graph, "conv4_x"))
    assert stage.name == "conv4_x"
    assert stage.blocks["bottleneck_6"] == "bottleneck"
    assert sum(node.op.family == "conv" for node in stage) == 6 * 3 + 1
    block = verify(part(graph, "conv4_x.bottleneck_2"))
    assert block.name == "bottleneck"
    assert str(block.inputs[0].type) == "1024x14x14"
    assert part(graph, "bottleneck").nodes == part(graph, "conv2_x.bottleneck_1").nodes


def test_the_head_of_a_network_keeps_its_input() -> None:
    stage = part(load("vgg16"), "convs_1")
    assert [node.name for node in stage.inputs] == ["input"]
    assert len(verify(stage)) == 6


def test_what_comes_in_is_called_like_no_layer() -> None:
    block = "block b { conv 1x1, 4 as input -> relu }"
    graph = load(Source("n.net", f"{block}\nnet n {{ input 3x8x8 as image; relu; b }}"))
    assert [node.name for node in verify(part(graph, "b"))] == ["input_", "input", "relu_1"]


@pytest.mark.parametrize(
    ("network", "name", "hint"),
    [
        ("googlenet", "inceptoin", "did you mean 'inception'?"),
        ("resnet18", "zebra", "there are: conv2_x, basic, conv3_x, conv4_x, conv5_x"),
    ],
)
def test_what_is_not_there(network: str, name: str, hint: str) -> None:
    with pytest.raises(NetError, match="has no block or group") as caught:
        part(load(network), name)
    assert hint in str(caught.value)
