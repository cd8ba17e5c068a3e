"""Each pass keeps the meaning of the published networks, on images that are small."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from netlang.backends.torch import reference
from netlang.device import Target
from netlang.ir.printer import print_graph
from netlang.lower.printed import parse_graph
from netlang.passes import PIPELINE, optimize
from netlang.weights import random_weights
from tests.passes.test_equality import TOLERANCE, distance
from tests.zoo_at import zoo_at

# Odd sides, so that windows hang over edges; of each network about the smallest that it takes.
NETWORKS: list[tuple[int, str, dict[str, Any]]] = [
    (63, "alexnet", {}),
    (79, "googlenet", {}),
    (79, "googlenet_torchvision", {}),
    (33, "plain18", {}),
    *((33, "resnet18", {"option": option}) for option in "ABC"),
    *((33, "resnet50", {"stride_in": stride_in}) for stride_in in ("1x1", "3x3")),
    (17, "resnet20", {}),
    (33, "vgg16_bn", {}),
]


@pytest.mark.parametrize(("side", "name", "settings"), NETWORKS)
def test_each_pass_keeps_the_meaning(side: int, name: str, settings: dict[str, Any]) -> None:
    graph = zoo_at(side, name, classes=10, **settings)
    weights, known = random_weights(graph, seed=1), [graph]
    x = torch.from_numpy(np.random.default_rng(0).normal(size=(1, 3, side, side)))
    expected = reference(graph, weights, x)
    for target in (Target(batch=1), Target(batch=256)):
        before = graph
        for run in PIPELINE:
            after = optimize(before, (run,), target).graph
            assert optimize(after, (run,), target).graph == after, run
            if after not in known:
                assert parse_graph(print_graph(after)) == after
                assert distance(expected, reference(after, weights, x)) < TOLERANCE, run
                known.append(after)
            before = after
