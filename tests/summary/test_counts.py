"""Memory: against an executor that frees what nobody reads any more, and against the papers."""

import pytest
from hypothesis import given

from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import inference
from netlang.summary import Summary
from tests.random_graphs import graphs


def freed_as_it_goes(graph: Graph) -> int:
    """The most numbers held by an executor that drops a value once its last reader is done."""
    readers = {name: len(users) for name, users in graph.users.items()}
    held: dict[str, int] = {}
    most = 0
    for node in graph:
        held[node.name] = node.type.elements
        most = max(most, sum(held.values()))
        for name in node.inputs:
            readers[name] -= 1
        for name in [name for name in held if not readers[name] and name not in graph.results]:
            del held[name]
    return most


@given(graphs())
def test_the_peak_is_what_an_executor_holds(graph: Graph) -> None:
    assert Summary(graph).peak_memory == 4 * freed_as_it_goes(graph)
    assert Summary(graph, "float16").peak_memory == 2 * freed_as_it_goes(graph)


@pytest.mark.parametrize(
    ("network", "held"),
    [
        # conv1 into its relu, conv1_2 into its relu, and option B's way around the second block
        ("alexnet", 2 * 96 * 55 * 55),
        ("vgg16", 2 * 64 * 224 * 224),
        ("resnet50", 3 * 256 * 56 * 56),
    ],
)
def test_the_peak_of_a_paper(network: str, held: int) -> None:
    assert Summary(inference(load(network))).peak_memory == 4 * held


def test_weights_have_running_statistics() -> None:
    # A mean and a variance for each of the 26,560 channels that ResNet-50 normalizes.
    summary = Summary(load("resnet50"))
    assert summary.weights_memory == 4 * (25_557_032 + 2 * 26_560)
    assert Summary(summary.graph, "bfloat16").weights_memory == summary.weights_memory / 2
    assert Summary(summary.graph, "tf32").weights_memory == summary.weights_memory


def test_what_is_given_is_not_written() -> None:
    summary = Summary(inference(load("alexnet")))
    neurons = 96 * 55 * 55
    assert summary.count(summary.graph["input"]).memory == 0
    assert summary.count(summary.graph["conv1.conv_1"]).memory == 4 * neurons
    elements = sum(node.type.elements for node in summary.graph if node.inputs)
    assert summary.total.memory == 4 * elements


# Araujo et al. 2019, table 1: receptive field and effective stride of the last feature map.
PUBLISHED = {
    "alexnet": (195, 32),
    "vgg16": (212, 32),
    "resnet50": (483, 32),
    "resnet101": (1027, 32),
    "resnet152": (1507, 32),
}


@pytest.mark.parametrize("network", PUBLISHED)
def test_the_field_of_the_last_feature_map(network: str) -> None:
    summary = Summary(inference(load(network)))
    field = summary.fields[summary.features.name]
    assert [(reach.pixels, reach.step) for reach in field] == [PUBLISHED[network]] * 2
