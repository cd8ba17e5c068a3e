"""Shortcuts: which lines are, and of which kind."""

from collections import Counter

import pytest

from netlang.backends.draw import View
from netlang.backends.draw.boxes import boxes
from netlang.backends.draw.column import Column
from netlang.backends.draw.links import links, spine
from netlang.diagnostic import Source
from netlang.lower import load
from netlang.lower.printed import parse_graph
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


KERNELS = {
    # The projection is a term of the sum; the kernel goes on to what nobody adds to.
    "term": ("conv(%x) kernel=1x1, out=8 + conv(%y) kernel=3x3, out=8 -> relu(_)", "reshaped"),
    "kept": (
        "conv(%y) kernel=3x3, out=8 -> add(_, %x) keep => conv(_) kernel=1x1, out=4",
        "identity",
    ),
    "behind": ("conv(%y) kernel=3x3, out=8 => conv(_) kernel=1x1, out=8 -> add(_, %x)", "identity"),
    "together": ("conv(%y) kernel=3x3, out=4 | conv(%x) kernel=1x1, out=4", None),
}


@pytest.mark.parametrize(("kernel", "kind"), KERNELS.values(), ids=KERNELS)
def test_shortcuts_into_one_kernel(kernel: str, kind: str | None) -> None:
    channels = 12 if "keep" in kernel else 8
    graph = parse_graph(f"""
    graph g {{
      %x = input() shape=8x4x4 : 8x4x4
      %y = conv(%x) kernel=3x3, out=8 : 8x4x4
      %z = {kernel} : {channels}x4x4
      output %z
    }}
    """)
    found = {(link.source.name, link.target.name): link.kind for link in links(boxes(graph))}
    assert found == {("x", "y"): "flow", ("y", "z"): "flow", ("x", "z"): kind or "flow"}


def test_a_layer_behind_another_is_on_the_way_too() -> None:
    graph = parse_graph("""
    graph g {
      %x = input() shape=8x4x4 : 8x4x4
      %y = maxpool(%x) kernel=3x3, stride=1x1, pad=1x1
        => conv(_) kernel=1x1, out=8 -> add(_, %x) : 8x4x4
      output %y
    }
    """)
    assert [link.kind for link in links(boxes(graph))] == ["flow", "identity"]


def test_two_results_of_a_kernel_are_two_lines_where_one_is_a_shortcut() -> None:
    graph = optimize(load("resnet50")).graph
    ahead = "conv2_x.bottleneck_1.projection.conv_then_conv_1"
    found = [link.kind for link in links(boxes(graph)) if link.source.name == ahead]
    assert sorted(found) == ["flow", "identity"]


def test_of_branches_that_learn_alike_none_is_a_shortcut() -> None:
    branches = "branches add { | conv 3x3, 4 | conv 1x1, 4 }"
    graph = load(Source("n.net", f"net n {{ input 3x8x8; conv 3x3, 4; {branches} }}"))
    assert {link.kind for link in links(boxes(graph))} == {"flow"}


def test_the_spine_ends_at_the_result_though_a_head_is_longer() -> None:
    head = "aux head { conv 3x3, 4 -> conv 3x3, 4 -> avgpool global -> linear 2 -> softmax }"
    graph = load(Source("n.net", f"net n {{ input 3x8x8; conv 3x3, 4; {head}; linear 2 }}"))
    column = Column.of(graph, "", View())
    assert spine(column.links)[-1] == "head.linear_1"
    assert spine(column.links, column.end) == ["input", "conv_1", "linear_1"]


@pytest.mark.parametrize(("branches", "middle"), [(2, 0), (3, 1), (4, 1), (30, 14)])
def test_of_branches_of_one_length_the_spine_takes_the_one_in_the_middle(
    branches: int, middle: int
) -> None:
    each = "".join(f"| conv 1x1, {channels} " for channels in range(1, branches + 1))
    graph = load(Source("n.net", f"net n {{ input 3x8x8; branches concat {{ {each} }} }}"))
    assert f"conv_{middle + 1}" in spine(links(boxes(graph)))


GATE = "branches mul { | | conv 1x1, 4 -> sigmoid }"


@pytest.mark.parametrize("optimized", [False, True])
@pytest.mark.parametrize(
    ("way", "kinds"), [(GATE, {"flow"}), ("shortcut { conv 3x3, 4 }", {"flow", "identity"})]
)
def test_what_a_gate_is_multiplied_with_is_no_shortcut(
    way: str, kinds: set[str], optimized: bool
) -> None:
    graph = load(Source("n.net", f"net n {{ input 3x8x8; conv 3x3, 4; {way}; conv 3x3, 4 }}"))
    drawn = optimize(graph).graph if optimized else graph
    assert {link.kind for link in links(boxes(drawn))} == kinds
