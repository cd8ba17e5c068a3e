"""Shortcuts: which lines are, and of which kind."""

from collections import Counter

import pytest

from netlang.backends.draw.boxes import boxes
from netlang.backends.draw.links import links
from netlang.lower import load
from netlang.passes import optimize

# Blocks whose shortcut is the identity, and lines on the ways of the others, two where the way is one
# box (a projection; sampling and zeros). In an optimized graph the sum's box holds the way, and where
# the next stage begins with a stride, the last sum of a stage samples its shortcut.
KINDS = {
    "vgg19": ((0, 0), (0, 0)),
    "googlenet": ((0, 0), (0, 0)),
    "plain34": ((0, 0), (0, 0)),
    "resnet34": ((16 - 3, 2 * 3), (16 - 3, 3)),
    "resnet152": ((50 - 4, 2 * 4), (50 - 4 - 3, 4 + 3)),
    "resnet20": ((9 - 2, 2 * 2), (9 - 2, 2)),
}


@pytest.mark.parametrize("network", KINDS)
@pytest.mark.parametrize("optimized", [False, True])
def test_shortcuts(network: str, optimized: bool) -> None:
    graph = optimize(load(network)).graph if optimized else load(network)
    kinds = Counter(link.kind for link in links(boxes(graph)))
    assert (kinds["identity"], kinds["reshaped"]) == KINDS[network][optimized]
