"""What is made of a network is compared with float64, and the layer that diverges is named."""

from dataclasses import replace

import pytest
import torch

from netlang.device import Target
from netlang.diagnostic import Source
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import SIMPLIFY
from netlang.passes.report import Log
from netlang.running.verify import Execution, Verdict, divergences, judged, table, verify
from netlang.weights import random_weights

NET = "net n { input 3x8x8; 3 x { conv 3x3, 4 -> bn -> relu }; avgpool global; linear 5; softmax }"


@pytest.fixture
def graph() -> Graph:
    return load(Source("n.net", NET))


def wrong_stride(graph: Graph, log: Log) -> Graph:
    """A pass with a mistake: the second relu is gone."""
    nodes = tuple(
        replace(node, inputs=("bn_1",)) if node.name == "conv_2" else node for node in graph
    )
    return graph.with_nodes(nodes)


def verdicts(graph: Graph, tolerance: float | None = None, passes: object = None) -> list[Verdict]:
    chosen = (wrong_stride, *SIMPLIFY) if passes else SIMPLIFY
    return list(verify(graph, random_weights(graph), 0, tolerance, chosen))


def test_what_changes_nothing_is_left_out(graph: Graph) -> None:
    names = [verdict.check.what for verdict in verdicts(graph)]
    assert names == ["fold_bn", "fold_affine", "torch engine, float32"]
    assert all(verdict.passed for verdict in verdicts(graph))


def test_what_is_verified_is_what_the_target_is_given() -> None:
    net, target = load("googlenet"), Target.of("a100-80gb", "tf32", 256)
    seen: list[Target] = []

    def watch(graph: Graph, log: Log) -> Graph:
        seen.append(log.target)
        return graph

    assert not [*verify(net, random_weights(net), passes=(watch,), engines=(), target=target)]
    assert seen == [target]


def test_a_wrong_pass_is_named_with_the_layer_where_it_begins(graph: Graph) -> None:
    first, *others = verdicts(graph, passes="wrong")
    assert not first.passed
    assert (first.check.what, first.layer) == ("wrong_stride", "conv_2")
    assert first.layer_difference > 1e-3
    # Those that follow are held to the network as written as well, and are right by themselves.
    assert [verdict.layer for verdict in others[:2]] == ["", ""]
    assert "wrong_stride: the first layer that diverges is conv_2" in divergences([first])[0]
    assert "FAIL" in table([first])


def test_a_layer_may_be_wrong_where_the_output_is_right(graph: Graph) -> None:
    oracle = {node.name: torch.ones(1, *node.type.shape).double() for node in graph}
    values = oracle | {"conv_2": 2 * oracle["conv_2"]}
    execution = Execution("it", graph, values, oracle, 1e-6, is_layered=True)
    verdict = judged(execution, oracle[graph.output], 1e-6)
    assert verdict.check.passed
    assert not verdict.passed
    assert (verdict.layer, verdict.layer_difference) == ("conv_2", 1.0)


def test_an_engine_may_tell_its_output_alone(graph: Graph) -> None:
    oracle = {node.name: torch.ones(1, *node.type.shape).double() for node in graph}
    execution = Execution("it", graph, {graph.output: 2 * oracle[graph.output]}, oracle, 1e-6)
    assert not judged(execution, oracle[graph.output], 1e-6).passed


def test_each_engine_is_compared(graph: Graph) -> None:
    weights = random_weights(graph)
    found = list(verify(graph, weights, passes=(), engines=("reference", "torch")))
    assert [each.check.what for each in found] == [
        "reference engine, float64",
        "torch engine, float32",
    ]
    assert all(each.passed for each in found)
    assert found[0].check.difference < 1e-12 < found[1].check.difference


def test_every_layer_of_the_engine_has_to_agree(graph: Graph) -> None:
    engine = verdicts(graph, tolerance=1e-9)[-1]
    assert not engine.passed
    assert engine.layer == "conv_1"
    assert 1e-9 < engine.layer_difference < 1e-5


@pytest.mark.parametrize(
    "layers",
    [
        "softmax -> identity",  # the first pass makes the softmax the last
        "identity",
        "scale 0 -> conv 3x3, 4, bias=off -> relu",  # 0 of 0
    ],
)
def test_what_is_right_passes(layers: str) -> None:
    net = load(Source("n.net", f"net n {{ input 3x4x4; {layers} }}"))
    assert all(verdict.passed for verdict in verify(net, random_weights(net)))
