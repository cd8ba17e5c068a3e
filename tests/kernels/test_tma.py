"""Convolutions that read through descriptors, in the interpreter against torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from torch import Tensor
from torch.nn import functional as F

from netlang.kernels import BackToBack, Conv, Epilogue, FeatureMap, Operand, Term, Tile, View, dense
from tests.kernels.launch import check
from tests.kernels.test_conv import conv as exact

TILE = Tile(16, 16, 16, tma=True)


def conv(*shape: Any, **fields: Any) -> tuple[Conv, Any]:
    """A convolution in float16 whose tiles are small, so that there are several of them."""
    return exact(*shape, precision="float16", **{"tile": TILE, **fields})


# Each with what one run of pixels is: all of them, a row of the result, or a pixel of it.
SHAPES = {
    "1x1": (conv((24, 40), (5, 7), (1, 1)), "all"),
    "1x1, one pixel": (conv((32, 16), (1, 1), (1, 1)), "all"),
    "1x1, stride 2": (conv((32, 24), (7, 6), (1, 1), (2, 2)), "pixel"),
    "1x1, stride 2 along rows": (conv((32, 24), (5, 6), (1, 1), (1, 2)), "pixel"),
    "1x1, stride 2 down": (conv((32, 24), (7, 5), (1, 1), (2, 1)), "row"),
    "1x1, padded": (conv((16, 16), (3, 2), (1, 1), pad=(1, 0, 0, 2)), "row"),
    "3x3": (conv((24, 40), (7, 5), (3, 3), pad=(1, 1, 1, 1)), "row"),
    "3x3, several blocks of channels": (conv((72, 16), (4, 3), (3, 3), pad=(1, 1, 1, 1)), "row"),
    "3x3, one row": (conv((16, 8), (1, 9), (3, 3), pad=(1, 1, 1, 1)), "all"),
    "3x3, one column": (conv((16, 8), (9, 1), (3, 3), pad=(1, 1, 1, 1)), "row"),
    "3x3, one column, stride 2": (conv((16, 8), (9, 2), (3, 3), (2, 2), (1, 1, 1, 1)), "row"),
    "3x3, stride 2": (conv((32, 32), (9, 8), (3, 3), (2, 2), (1, 1, 1, 1)), "pixel"),
    "3x3, stride 3x2, valid": (conv((16, 8), (11, 9), (3, 3), (3, 2)), "pixel"),
    "3x3, same as TensorFlow's": (conv((16, 8), (8, 8), (3, 3), (2, 2), (0, 0, 1, 1)), "pixel"),
    "3x3, dilated": (conv((16, 8), (9, 8), (3, 3), pad=(2, 3, 2, 3), dilation=(2, 3)), "row"),
    "3x3, dilated, stride 2": (
        conv((16, 8), (9, 8), (3, 3), (2, 2), (2, 2, 2, 2), dilation=(2, 2)),
        "pixel",
    ),
    "1x7": (conv((16, 8), (5, 9), (1, 7), pad=(0, 3, 0, 3)), "row"),
    "7x1": (conv((16, 8), (9, 5), (7, 1), pad=(3, 0, 3, 0)), "row"),
    "5x5, stride 2": (conv((16, 24), (8, 9), (5, 5), (2, 2), (2, 2, 2, 2)), "pixel"),
    "padding beyond half": (conv((16, 8), (3, 4), (3, 3), pad=(4, 3, 2, 5)), "row"),
    "padding beyond half, stride 2": (conv((16, 8), (3, 4), (3, 3), (2, 2), (4, 3, 2, 5)), "pixel"),
    "kernel as large as the image": (conv((16, 8), (6, 5), (6, 5)), "all"),
    "3x3, images enough": (conv((24, 40), (7, 5), (3, 3), pad=(1, 1, 1, 1), batch=16), "pixel"),
    "3x3, images enough, large": (
        conv((16, 8), (2, 40), (3, 3), pad=(1, 1, 1, 1), batch=16),
        "row",
    ),
    "1x7, images enough": (conv((16, 8), (5, 9), (1, 7), pad=(0, 3, 0, 3), batch=99), "pixel"),
    "padding beyond half, images enough": (
        conv((16, 8), (3, 4), (3, 3), pad=(4, 3, 2, 5), batch=16),
        "pixel",
    ),
    "2 groups": (conv((80, 48), (5, 4), (3, 3), pad=(1, 1, 1, 1), groups=2), "row"),
}


def runs(kernel: Conv) -> str:
    return {kernel.y.pixels: "pixel", kernel.y.height: "row", 1: "all"}[kernel.block.runs]


@pytest.mark.parametrize("batch", [1, 3, 17])
@pytest.mark.parametrize("case", SHAPES)
def test_shapes(case: str, batch: int) -> None:
    (kernel, reference), run = SHAPES[case]
    assert runs(kernel) == run
    assert [p.name for p in kernel.parameters if p.descriptor] == ["x", "w"]
    check(kernel, reference, batch)


@pytest.mark.parametrize("tma", [True, False])
@pytest.mark.parametrize(
    ("case", "split"),
    [("1x1, several blocks", 2), ("1x1, several blocks", 4), ("3x3", 3), ("3x3, stride 2", 9)],
)
def test_programs_that_share_a_block(case: str, split: int, tma: bool) -> None:
    cases = {
        "1x1, several blocks": conv((56, 40), (5, 7), (1, 1)),
        "3x3": conv((24, 40), (7, 5), (3, 3), pad=(1, 1, 1, 1)),
        "3x3, stride 2": conv((16, 24), (9, 8), (3, 3), (2, 2), (1, 1, 1, 1)),
    }
    kernel, reference = cases[case]
    kernel = replace(kernel, tile=replace(TILE, split=split, tma=tma))
    roles = [p.role for p in kernel.parameters]
    assert roles == ["input", "weight", "scratch", "counter", "output"]
    for batch in (1, 3):
        check(kernel, reference, batch)


RESIDUAL = Epilogue(("v + c0", "v + t0", "maximum(v, 0.0)"), (Operand(View(80, 8)),), 1)


@pytest.mark.parametrize("split", [1, 3])
@pytest.mark.parametrize("batch", [2, 16])
def test_views_and_epilogues(batch: int, split: int) -> None:
    kernel, reference = conv(
        (24, 64),
        (6, 5),
        (3, 3),
        pad=(1, 1, 1, 1),
        x=FeatureMap(24, 6, 5, View(48, 16)),
        y=FeatureMap(64, 6, 5, View(70, 3)),
        epilogue=RESIDUAL,
        tile=replace(TILE, split=split),
    )
    check(kernel, reference, batch)


@pytest.mark.parametrize("split", [1, 2])
@pytest.mark.parametrize(("hint", "read"), [(1, ["x", "w"]), (256, ["x", "x1", "w", "w1"])])
def test_a_sum_reads_each_term_as_it_can(hint: int, read: list[str], split: int) -> None:
    # A tile of a pixel's images is as good as another one only where there are enough of them.
    first, reference = conv((32, 48), (4, 3), (1, 1), tile=replace(TILE, split=split), batch=hint)
    kernel = replace(first, more=(Term(x=dense(64, 8, 6), kernel=(1, 1), stride=(2, 2)),))
    assert [p.name for p in kernel.parameters if p.descriptor] == read

    def both(x: Tensor, x1: Tensor, w: Tensor, w1: Tensor) -> Tensor:
        return reference(x, w) + F.conv2d(x1, w1, stride=2)

    for batch in (1, 17):
        check(kernel, both, batch)


@pytest.mark.parametrize("hint", [1, 256])
def test_a_sum_of_windows_has_the_runs_of_the_windows(hint: int) -> None:
    first, _ = conv((32, 48), (4, 3), (1, 1), batch=hint)
    kernel = replace(first, more=(Term(x=dense(16, 4, 3), kernel=(3, 3), pad=(1, 1)),))
    assert [p.name for p in kernel.parameters if p.descriptor] == ["x", "x1", "w", "w1"]

    def both(x: Tensor, x1: Tensor, w: Tensor, w1: Tensor) -> Tensor:
        return F.conv2d(x, w) + F.conv2d(x1, w1, padding=1)

    check(kernel, both, 5)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("case", ["1x1", "3x3", "3x3, stride 2"])
def test_chains(case: str, keep: bool) -> None:
    (first, reference), _ = SHAPES[case]
    y = dense(24, first.y.height, first.y.width)
    tile = Tile(16, 32, 16, tma=True)
    check(BackToBack(first=first, y=y, keep=keep, tile=tile), reference, 5)


@pytest.mark.parametrize(
    "kernel",
    [
        conv((20, 16), (5, 5), (1, 1))[0],
        conv((16, 20), (5, 5), (1, 1))[0],
        conv((16, 16), (5, 5), (1, 1), x=FeatureMap(16, 5, 5, View(32, 4)))[0],
        conv((16, 16), (5, 5), (3, 3), groups=16)[0],
        conv((40, 48), (5, 5), (3, 3), groups=2)[0],  # a group begins 40 bytes behind another
        conv((48, 40), (5, 5), (3, 3), groups=2)[0],
        conv((3, 16), (5, 5), (3, 3))[0],
        replace(conv((16, 16), (5, 5), (1, 1))[0], precision="float32"),
    ],
)
def test_what_no_descriptor_can_describe_is_read_through_pointers(kernel: Conv) -> None:
    assert not kernel.can_use_tma
    assert not any(p.descriptor for p in kernel.parameters)
