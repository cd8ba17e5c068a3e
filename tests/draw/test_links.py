"""Shortcuts: which lines are, and of which kind."""

from collections import Counter

import pytest

from netlang.backends.draw.boxes import boxes
from netlang.backends.draw.links import links
from netlang.lower import load
from netlang.passes import optimize

# Blocks whose shortcut is the identity, and lines on the ways of the others: two where the way is
# one box (a projection; sampling and zeros), one where an optimized graph has it in the sum's box.
KINDS = {
    "vgg19": (0, 0, 0),
    "googlenet": (0, 0, 0),
    "plain34": (0, 0, 0),
    "resnet34": (16 - 3, 2 * 3, 3),
    "resnet152": (50 - 4, 2 * 4, 4),
    "resnet20": (9 - 2, 2 * 2, 2 * 2),
}


@pytest.mark.parametrize("network", KINDS)
@pytest.mark.parametrize("optimized", [False, True])
def test_shortcuts(network: str, optimized: bool) -> None:
    graph = optimize(load(network)).graph if optimized else load(network)
    identity, reshaped, fused = KINDS[network]
    kinds = Counter(link.kind for link in links(boxes(graph)))
    assert kinds["identity"] == identity
    assert kinds["reshaped"] == (fused if optimized else reshaped)
