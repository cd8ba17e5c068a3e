"""The optimized network computes what the network computes, in float64 on random weights."""

import os

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from torch import Tensor

from netlang.backends.torch import reference
from netlang.device import Target
from netlang.ir.graph import Graph, verify
from netlang.ir.printer import print_graph
from netlang.lower.printed import parse_graph
from netlang.passes import PIPELINE, Pass, optimize
from netlang.weights import random_weights
from tests.random_graphs import graphs

# NETLANG_EXAMPLES=5000 pytest tests/passes looks longer.
EXAMPLES = int(os.environ.get("NETLANG_EXAMPLES", "500"))

# Folding reorders a handful of float64 roundings of 1e-16 each, a few dozen layers deep at most;
# a wrong epsilon, a forgotten bias or a swapped operand is off by 1e-6 and more.
TOLERANCE = 1e-12


# What is one kernel hangs on the batch: few images, many, and more than fit any device.
TARGETS = tuple(Target(batch=batch) for batch in (1, 256, 10**6))


def difference(graph: Graph, other: Graph) -> float:
    """The largest difference of two networks' outputs, relative to the largest output."""
    weights = random_weights(graph, seed=1)
    shape = (2, *graph.inputs[0].type.shape)
    x = torch.from_numpy(np.random.default_rng(0).normal(size=shape))
    return distance(*(reference(g, weights, x) for g in (graph, other)))


def distance(expected: Tensor, got: Tensor) -> float:
    """The largest difference of two tensors, relative to the largest number expected."""
    scale = expected.abs().max().clamp_min(1e-300)
    return float((expected - got).abs().max() / scale)


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(graphs(), st.sampled_from(TARGETS))
def test_the_pipeline_keeps_the_meaning(graph: Graph, target: Target) -> None:
    optimized = optimize(graph, target=target).graph
    assert parse_graph(print_graph(graph)) == graph
    assert parse_graph(print_graph(optimized)) == optimized
    assert difference(graph, optimized) < TOLERANCE


@settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(graphs(), st.sampled_from(TARGETS))
def test_a_pass_leaves_nothing_for_its_second_time(graph: Graph, target: Target) -> None:
    for run in PIPELINE:
        graph = optimize(graph, (run,), target).graph
        assert optimize(graph, (run,), target).graph == graph, run


@pytest.mark.parametrize("run", PIPELINE, ids=lambda run: run.__name__)
def test_random_graphs_have_work_for_each_pass(run: Pass) -> None:
    def changes(graph: Graph) -> bool:
        return any(changes_for(graph, target) for target in (TARGETS[0], TARGETS[-1]))

    def changes_for(graph: Graph, target: Target) -> bool:
        before = optimize(graph, PIPELINE[: PIPELINE.index(run)], target).graph
        return bool(optimize(before, (run,), target).reports[0].changed)

    once = settings(max_examples=EXAMPLES, phases=[Phase.generate], derandomize=True)
    find(graphs(), changes, settings=once)


def test_each_pass_alone_keeps_the_meaning() -> None:
    graph = verify(parse_graph(EVERYTHING))
    reports = [optimize(graph, target=target).reports for target in (TARGETS[0], TARGETS[-1])]
    for run, *each in zip(PIPELINE, *reports, strict=True):
        assert any(report.changed for report in each), run
        assert difference(graph, optimize(graph, (run,)).graph) < TOLERANCE, run


EVERYTHING = """graph everything {
  %input = input() shape=3x6x6 : 3x6x6
  %stem = conv(%input) kernel=5x5, out=4 : 4x6x6
  %stem_pool = maxpool(%stem) kernel=3x3, stride=2x2, pad=1x1 : 4x3x3
  %conv_1 = conv(%input) kernel=3x3, out=4, bias=off : 4x6x6
  %bn_1 = bn(%conv_1) eps=0.1 : 4x6x6
  %relu_1 = relu(%bn_1) : 4x6x6
  %drop = dropout(%relu_1) : 4x6x6
  %conv_2 = conv(%drop) kernel=3x3, out=4, groups=2 : 4x6x6
  %bn_2 = bn(%conv_2) : 4x6x6
  %bn_3 = bn(%bn_2) : 4x6x6
  %sum = add(%bn_3, %relu_1) : 4x6x6
  %again = add(%relu_1, %bn_3) : 4x6x6
  %pair = concat(%sum, %again) : 8x6x6
  %three = concat(%pair, %bn_2) : 12x6x6
  %relu_2 = relu(%three) : 12x6x6
  %max = maxpool(%relu_2) kernel=2x2 : 12x3x3
  %relu_3 = relu(%max) : 12x3x3
  %conv_3 = conv(%relu_3) kernel=1x1, out=4 : 4x3x3
  %mean = avgpool(%conv_3) kernel=global : 4x1x1
  %pool = maxpool(%sum) kernel=2x2 : 4x3x3
  %gated = mul(%pool, %mean) : 4x3x3
  %middle = conv(%sum) kernel=3x3, out=4 : 4x6x6
  %residual = add(%middle, %sum) : 4x6x6
  %strided = conv(%residual) kernel=1x1, out=4, stride=2x2 : 4x3x3
  %grown = conv(%sum) kernel=3x3, out=6, stride=2x2 : 6x3x3
  %every = subsample(%sum) stride=2x2 : 4x3x3
  %zeros = zero_pad(%every) after=2 : 6x3x3
  %option_a = add(%grown, %zeros) : 6x3x3
  %thin = conv(%sum) kernel=1x1, out=4, bias=off : 4x6x6
  %wide = conv(%sum) kernel=1x1, out=8, bias=off : 8x6x6
  %fed = conv(%wide) kernel=3x3, out=4 : 4x6x6
  %windows = maxpool(%sum) kernel=3x3, stride=1x1, pad=1x1 : 4x6x6
  %fourth = conv(%windows) kernel=1x1, out=3 : 3x6x6
  %module = concat(%thin, %fed, %fourth) : 11x6x6
  %reduced = conv(%module) kernel=1x1, out=4 : 4x6x6
  %restored = conv(%sum) kernel=3x3, out=4 : 4x6x6
  %projected = add(%restored, %reduced) : 4x6x6
  %third = conv(%projected) kernel=3x3, out=4 : 4x6x6
  %third_pool = maxpool(%third) kernel=2x2 : 4x3x3
  %next = conv(%third_pool) kernel=1x1, out=4 : 4x3x3
  %after = conv(%next) kernel=1x1, out=4 : 4x3x3
  %joined = concat(%gated, %strided, %option_a, %after, %stem_pool) : 22x3x3
  %bn_4 = bn(%joined) : 22x3x3
  %flat = flatten(%bn_4) : 198
  %half = dropout(%flat) scale=test : 198
  %fc = linear(%half) out=10 : 10
  %bn_5 = bn(%fc) : 10
  %softmax = softmax(%bn_5) : 10
  %side = linear(%pool) out=10 : 10
  output %softmax
  head side %side weight=0.3
}
"""
