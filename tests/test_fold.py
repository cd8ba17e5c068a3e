"""Folding of repeats: which blocks are one, and that the folded graph is a graph."""

import pytest

from netlang.ir.graph import Graph, verify
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize
from netlang.views.fold import fold
from tests.effort import calls

# He et al. 2015, Table 1: the first block of a stage changes the shape, the others repeat.
REPEATS = {
    "plain34": {
        "conv2_x.plain_1": 3,
        "conv3_x.plain_2": 3,
        "conv4_x.plain_2": 5,
        "conv5_x.plain_2": 2,
    },
    "resnet34": {
        "conv2_x.basic_1": 3,
        "conv3_x.basic_2": 3,
        "conv4_x.basic_2": 5,
        "conv5_x.basic_2": 2,
    },
    "resnet152": {
        "conv2_x.bottleneck_2": 2,
        "conv3_x.bottleneck_2": 7,
        "conv4_x.bottleneck_2": 35,
        "conv5_x.bottleneck_2": 2,
    },
    "resnet1202": {"size32.basic_1": 200, "size16.basic_2": 199, "size8.basic_2": 199},
    "googlenet": {},
}


# The last block of a stage works at the stride of the next one, so it is no repetition any more.
OPTIMIZED = REPEATS | {
    "resnet152": {"conv3_x.bottleneck_2": 6, "conv4_x.bottleneck_2": 34, "conv5_x.bottleneck_2": 2}
}


@pytest.mark.parametrize("network", REPEATS)
@pytest.mark.parametrize("optimized", [False, True])
def test_the_blocks_of_the_papers_fold(network: str, optimized: bool) -> None:
    graph = optimize(load(network)).graph if optimized else load(network)
    folded = fold(graph)
    assert folded.times == (OPTIMIZED if optimized else REPEATS)[network]
    verify(folded.graph)
    # Nothing is lost: each layer stands for as many as it says.
    assert sum(folded.count(node.name) for node in folded.graph) == len(graph)


def test_folding_is_linear() -> None:
    deep, deepest = load("resnet110"), load("resnet1202")
    assert calls(lambda: fold(deepest)) < 1202 / 110 * calls(lambda: fold(deep))


def test_a_group_can_be_expanded() -> None:
    graph = load("resnet152")
    assert set(fold(graph, ["conv4_x"]).times) == set(REPEATS["resnet152"]) - {
        "conv4_x.bottleneck_2"
    }
    # ... and so can a run, by the name of any of its blocks
    assert "conv4_x.bottleneck_2" not in fold(graph, ["conv4_x.bottleneck_9"]).times


CHAIN = """
graph chain {{
  %input = input() shape=8x4x4 : 8x4x4
  %a_1.relu = relu(%input) : 8x4x4
  %a_1.conv = conv(%a_1.relu) kernel=3x3, out=8 : 8x4x4
  %a_2.relu = relu({x}) : 8x4x4
  %a_2.conv = conv(%a_2.relu) kernel={kernel}, out=8 : 8x4x4
  %sum = add({end}) : 8x4x4
  output %sum
}}
"""


def chain(x: str = "%a_1.conv", kernel: str = "3x3", end: str = "%a_2.conv, %input") -> Graph:
    return parse_graph(CHAIN.format(x=x, kernel=kernel, end=end))


def test_two_blocks_fold() -> None:
    assert fold(chain()).times == {"a_1": 2}


@pytest.mark.parametrize(
    "other",
    [
        chain(kernel="1x1"),  # another attribute
        chain(x="%input", end="%a_2.conv, %a_1.conv"),  # side by side
        chain(x="%a_1.relu", end="%a_2.conv, %a_1.conv"),  # goes on from the middle
        chain(end="%a_2.conv, %a_1.conv"),  # someone else reads the first
        chain(end="%a_2.conv, %a_2.relu"),  # the last is read elsewhere
    ],
    ids=["attribute", "parallel", "middle", "reader", "exit"],
)
def test_what_differs_does_not_fold(other: Graph) -> None:
    assert not fold(other).times
