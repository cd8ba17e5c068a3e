"""Convolutions in the interpreter against torch, over shapes chosen to be awkward."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.kernels import (
    Conv,
    Epilogue,
    FeatureMap,
    Operand,
    Pooling,
    Sampled,
    Term,
    Tile,
    View,
    dense,
    planes,
)
from tests.kernels.launch import check


def conv(
    channels: tuple[int, int],
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int] = (1, 1),
    pad: tuple[int, int, int, int] = (0, 0, 0, 0),
    dilation: tuple[int, int] = (1, 1),
    **fields: Any,
) -> tuple[Conv, Any]:
    """A conv and its reference; `pad` is (top, left, bottom, right)."""
    out = [
        (size[i] + pad[i] + pad[i + 2] - dilation[i] * (kernel[i] - 1) - 1) // stride[i] + 1
        for i in (0, 1)
    ]
    fields = {"precision": "float32", **fields}
    x, y = dense(channels[0], *size), dense(channels[1], *out)
    x, y = fields.pop("x", x), fields.pop("y", y)
    k = Conv(x=x, y=y, kernel=kernel, stride=stride, pad=pad[:2], dilation=dilation, **fields)

    def reference(x: Tensor, w: Tensor) -> Tensor:
        x = F.pad(x, (pad[1], pad[3], pad[0], pad[2]))
        return F.conv2d(x, w, stride=stride, dilation=dilation, groups=k.groups)

    return k, reference


SHAPES = {
    "1x1": conv((19, 23), (5, 7), (1, 1)),
    "1x1, several blocks of channels": conv((83, 37), (5, 7), (1, 1)),
    "1x1, stride": conv((16, 16), (7, 5), (1, 1), (2, 2)),
    "1x1, padded": conv((16, 16), (3, 2), (1, 1), pad=(1, 0, 0, 2)),
    "1x1, even": conv((32, 32), (8, 8), (1, 1)),
    "3x3": conv((17, 31), (7, 5), (3, 3), pad=(1, 1, 1, 1)),
    "3x3, several blocks of channels": conv((67, 16), (4, 3), (3, 3), pad=(1, 1, 1, 1)),
    "3x3, stride 2": conv((32, 32), (9, 8), (3, 3), (2, 2), (1, 1, 1, 1)),
    "3x3, stride 3x2, valid": conv((16, 8), (11, 9), (3, 3), (3, 2)),
    "3x3, dilated": conv((16, 8), (9, 8), (3, 3), pad=(2, 3, 2, 3), dilation=(2, 3)),
    "3x3, same as TensorFlow's": conv((16, 8), (8, 8), (3, 3), (2, 2), (0, 0, 1, 1)),
    "1x7": conv((16, 8), (5, 9), (1, 7), pad=(0, 3, 0, 3)),
    "7x1": conv((16, 8), (9, 5), (7, 1), pad=(3, 0, 3, 0)),
    "padding beyond half": conv((16, 8), (3, 4), (3, 3), pad=(4, 3, 2, 5)),
    "kernel as large as the image": conv((16, 8), (6, 5), (6, 5)),
    "one column": conv((16, 8), (9, 1), (3, 3), pad=(1, 1, 1, 1)),
    "one row": conv((16, 8), (1, 9), (3, 3), pad=(1, 1, 1, 1)),
    "stem": conv((3, 8), (15, 13), (7, 7), (2, 2), (3, 3, 3, 3)),
    "stem, valid": conv((3, 8), (15, 13), (3, 3), (2, 2)),
    "stem, one channel": conv((1, 6), (12, 11), (5, 5)),
    "stem, 1x4": conv((4, 8), (4, 11), (1, 4), pad=(0, 2, 0, 1)),
    "stem, 2x2 without a tail": conv((8, 8), (8, 8), (2, 2), (2, 2)),
    "2 groups": conv((48, 34), (5, 5), (3, 3), pad=(1, 1, 1, 1), groups=2),
    "3 groups, several tiles each": conv((51, 111), (5, 5), (1, 1), groups=3),
    "2 groups, few channels in, many out": conv((6, 134), (5, 5), (3, 3), groups=2),
    "groups of 4": conv((32, 32), (5, 4), (3, 3), pad=(1, 1, 1, 1), groups=8),
    "groups of 4, several products": conv((96, 96), (3, 3), (3, 3), pad=(1, 1, 1, 1), groups=24),
    "groups of 5 to 3, prime": conv((35, 21), (5, 4), (3, 3), (2, 2), (1, 1, 1, 1), groups=7),
    "groups of 2 to 5, 1x1": conv((22, 55), (5, 4), (1, 1), groups=11),
    "depthwise": conv((37, 37), (7, 5), (3, 3), pad=(1, 1, 1, 1), groups=37),
    "depthwise, stride, 5x5": conv((32, 32), (9, 8), (5, 5), (2, 2), (2, 2, 2, 2), groups=32),
    "depthwise, multiplied": conv((11, 33), (7, 5), (3, 3), pad=(1, 1, 1, 1), groups=11),
    "depthwise, dilated, valid": conv((8, 8), (9, 12), (3, 3), dilation=(2, 3), groups=8),
    "depthwise, 7x7": conv((8, 8), (9, 12), (7, 7), pad=(3, 3, 3, 3), groups=8),
}

RESIDUAL = Epilogue(
    ("v + c0", "v * c1", "v + t0", "maximum(v, 0.0)", "v * t1"),
    (Operand(View(50, 3)), Operand(View(40), broadcast=True)),
    vectors=2,
)


@pytest.mark.parametrize("case", SHAPES)
def test_shapes(case: str) -> None:
    check(*SHAPES[case])


@pytest.mark.parametrize("precision", ["float16", "tf32"])
@pytest.mark.parametrize("case", ["1x1", "3x3", "stem", "groups of 4", "2 groups", "depthwise"])
def test_precisions(case: str, precision: Any) -> None:
    kernel, reference = SHAPES[case]
    check(replace(kernel, precision=precision), reference)


@pytest.mark.parametrize("case", ["1x1", "3x3", "stem", "groups of 4", "2 groups", "depthwise"])
def test_bfloat16_is_the_text_of_float16(case: str) -> None:
    # The interpreter multiplies the bits of bfloat16 as integers, so numbers would say nothing.
    half, brain = (replace(SHAPES[case][0], precision=p) for p in ("float16", "bfloat16"))
    assert half.source("f") == brain.source("f")


@pytest.mark.parametrize(
    "case",
    ["1x1", "3x3, several blocks of channels", "stem", "2 groups", "groups of 4", "depthwise"],
)
def test_views_and_epilogue(case: str) -> None:
    kernel, reference = SHAPES[case]
    x, y = kernel.x, kernel.y
    kernel = replace(
        kernel,
        x=FeatureMap(x.channels, x.height, x.width, View(x.channels + 5, 2)),
        y=FeatureMap(y.channels, y.height, y.width, View(y.channels + 9, 4)),
        epilogue=RESIDUAL,
        label="add_relu",
    )
    check(kernel, reference)


# The case, the tile's columns, the channels of each destination and the store of the second.
SPLITS = {
    "tiles straddle": ("1x1", 16, (5, 11, 7), "mask=live & (n >= 5) & (n < 16))"),
    "tiles are whole": ("groups of 4, ungrouped", 16, (16, 48, 32), "elif tile % 6 < 4:"),
    "the last tile is ragged": ("1x1, wide", 16, (16, 32, 22), "mask=live & (n < 70))"),
    "one tile": ("1x1", 32, (1, 21, 1), "mask=live & (n >= 1) & (n < 22))"),
    "groups": ("3 groups, several tiles each", 32, (32, 64, 15), "(n >= 32) & (n < 96) & (n < (g"),
}


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("case", SPLITS)
def test_channels_dealt_out(case: str, precision: Any) -> None:
    shape, n, channels, text = SPLITS[case]
    kernel, reference = {
        **SHAPES,
        "groups of 4, ungrouped": conv((8, 96), (5, 4), (3, 3)),
        "1x1, wide": conv((19, 70), (5, 7), (1, 1)),
    }[shape]
    y = kernel.y
    kernel = replace(
        kernel,
        precision=precision,
        tile=Tile(16, n, 16),
        into=tuple(
            FeatureMap(part, y.height, y.width, View(part + 7, 3 * i))
            for i, part in enumerate(channels)
        ),
        epilogue=Epilogue(("v + c0", "v + t0"), (Operand(View(y.channels + 1, 1)),), 1),
    )
    assert [p.name for p in kernel.parameters if p.role == "output"] == ["y0", "y1", "y2"]
    assert text in kernel.source("f")
    check(kernel, reference)


def plus(*parts: tuple[Conv, Any]) -> tuple[Conv, Any]:
    """The sum of convolutions, and its reference."""
    (first, _), *others = parts
    terms = tuple(
        Term(x=k.x, kernel=k.kernel, stride=k.stride, pad=k.pad, dilation=k.dilation)
        for k, _ in others
    )

    def reference(*numbers: Tensor) -> Tensor:
        xs, weights = numbers[: len(parts)], numbers[len(parts) :]
        terms = [part[1](x, w) for part, x, w in zip(parts, xs, weights, strict=True)]
        return torch.stack(terms).sum(0)

    return replace(first, more=terms), reference


SUMS = {
    "projection": plus(conv((19, 23), (5, 7), (1, 1)), conv((37, 23), (9, 13), (1, 1), (2, 2))),
    "projection, even": plus(
        conv((32, 32), (8, 8), (1, 1)), conv((64, 32), (16, 16), (1, 1), (2, 2))
    ),
    "padded, then several blocks of channels": plus(
        conv((16, 16), (3, 2), (1, 1), pad=(1, 0, 0, 2)), conv((83, 16), (4, 4), (1, 1))
    ),
    "three terms": plus(
        conv((17, 8), (7, 5), (3, 3), pad=(1, 1, 1, 1)),
        conv((35, 8), (8, 7), (2, 3)),
        conv((16, 8), (7, 9), (3, 3), (1, 2), (2, 1, 2, 1), dilation=(2, 1)),
    ),
    "wide": plus(conv((17, 300), (2, 3), (1, 1)), conv((20, 300), (3, 5), (1, 1), (2, 2))),
    "a stem first": plus(
        conv((3, 8), (15, 13), (7, 7), (2, 2), (3, 3, 3, 3)), conv((24, 8), (8, 7), (1, 1))
    ),
    "a stem second": plus(
        conv((24, 8), (8, 7), (1, 1)), conv((3, 8), (15, 13), (5, 5), (2, 2), (2, 2, 2, 2))
    ),
}


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("case", SUMS)
def test_sums(case: str, precision: Any) -> None:
    kernel, reference = SUMS[case]
    y = kernel.y
    others = (
        replace(term, x=replace(term.x, view=View(term.x.channels + 6, 5))) for term in kernel.more
    )
    kernel = replace(
        kernel,
        precision=precision,
        more=tuple(others),
        epilogue=Epilogue(("v + c0", "v + t0"), (Operand(View(y.channels + 1, 1)),), 1),
    )
    check(kernel, reference)


def test_a_sum_tells_of_all_its_terms() -> None:
    kernel, _ = SUMS["projection"]
    assert kernel.name == "conv1x1_19to23_plus_conv1x1_37to23_s2_5x7"
    assert kernel.flops == 2 * 23 * 35 * (19 + 37)
    assert kernel.bytes_read == 4 * (19 * 35 + 37 * 9 * 13)
    assert [p.name for p in kernel.parameters] == ["x", "x1", "w", "w1", "y"]
    assert len(kernel.packing) == 2


@pytest.mark.parametrize(
    "case",
    ["1x1", "3x3, several blocks of channels", "stem", "depthwise", "3 groups, several tiles each"],
)
def test_a_sampled_residual(case: str) -> None:
    kernel, reference = SHAPES[case]
    y = kernel.y
    sampled = Sampled(y.channels - 5, 2 * y.height - 1, 3 * y.width, (2, 3), before=3)
    epilogue = Epilogue(("v + c0", "v + t0"), (Operand(View(y.channels, 4), sampled=sampled),), 1)
    check(replace(kernel, epilogue=epilogue), reference)


# kernel, stride, padding (top, left), and how far windows hang over (bottom, right)
Windows = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
RESNET: Windows = ((3, 3), (2, 2), (1, 1), (1, 1))
CEIL: Windows = ((3, 3), (2, 2), (0, 0), (1, 1))
BRANCH: Windows = ((3, 3), (1, 1), (1, 1), (1, 1))


def pooled(windows: Windows, x: Tensor) -> Tensor:
    """Maxima of `x` that ignore what is outside."""
    kernel, stride, (top, left), (bottom, right) = windows
    x = F.pad(x, (left, right, top, bottom), value=-torch.inf)
    return F.max_pool2d(x, kernel, stride)


def pooled_size(windows: Windows, size: tuple[int, int]) -> tuple[int, int]:
    height, width = pooled(windows, torch.zeros(1, 1, *size)).shape[2:]
    return height, width


def pooling(windows: Windows, between: tuple[int, int]) -> Pooling:
    """A pool behind or ahead of a convolution, with a map of a size between the two."""
    kernel, stride, pad, _ = windows
    return Pooling(kernel=kernel, stride=stride, pad=pad, size=between)


def then_pool(part: tuple[Conv, Any], windows: Windows) -> tuple[Conv, Any]:
    """A convolution with a pool behind it."""
    kernel, reference = part
    size = kernel.y.height, kernel.y.width
    y = dense(kernel.y.channels, *pooled_size(windows, size))
    kernel = replace(kernel, y=y, pool=pooling(windows, size))
    return kernel, lambda *numbers: pooled(windows, reference(*numbers))


POOLED = {
    "resnet's stem": then_pool(conv((3, 8), (15, 13), (7, 7), (2, 2), (3, 3, 3, 3)), RESNET),
    "googlenet's stem, ceil": then_pool(conv((3, 8), (15, 17), (7, 7), (2, 2), (3, 3, 3, 3)), CEIL),
    "a valid stem under padding": then_pool(conv((3, 8), (15, 13), (3, 3), (2, 2)), RESNET),
    "3x3, ceil": then_pool(conv((17, 23), (8, 6), (3, 3), pad=(1, 1, 1, 1)), CEIL),
    "5x5, several blocks of channels": then_pool(
        conv((35, 16), (7, 5), (5, 5), pad=(2, 2, 2, 2)), RESNET
    ),
    "5x5 in 2 groups": then_pool(conv((48, 34), (8, 7), (5, 5), groups=2), CEIL),
    "groups of 4": then_pool(conv((32, 32), (5, 4), (3, 3), groups=8), RESNET),
    "1x1": then_pool(conv((32, 32), (7, 9), (1, 1)), ((3, 2), (2, 3), (0, 0), (0, 0))),
    "depthwise": then_pool(conv((37, 37), (7, 5), (3, 3), groups=37), RESNET),
    "a sum": then_pool(SUMS["three terms"], RESNET),
}


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("case", POOLED)
def test_a_pool_behind(case: str, precision: Any) -> None:
    kernel, reference = POOLED[case]
    epilogue = Epilogue(("v + c0", "maximum(v, 0.0)"), vectors=1)
    check(replace(kernel, precision=precision, epilogue=epilogue), reference)


def after_pool(
    channels: tuple[int, int], size: tuple[int, int], windows: Windows, **fields: Any
) -> tuple[Conv, Any]:
    """A 1x1 convolution of a pooled map."""
    between = pooled_size(windows, size)
    kernel, reference = conv(channels, between, (1, 1), **fields)
    kernel = replace(kernel, x=dense(channels[0], *size), x_pool=pooling(windows, between))
    return kernel, lambda x, w: reference(pooled(windows, x), w)


READ_POOLED = {
    "branch": after_pool((16, 23), (7, 5), BRANCH),
    "branch, several blocks of channels": after_pool((83, 16), (5, 3), BRANCH),
    "one block, no tail": after_pool((32, 32), (4, 4), BRANCH),
    "stride, ceil": after_pool((19, 8), (8, 10), CEIL),
    "stride, padded": after_pool((19, 8), (9, 8), RESNET),
    "more taps than are unrolled": after_pool((9, 8), (9, 9), ((7, 5), (2, 2), (3, 2), (3, 2))),
    "2 groups": after_pool((48, 34), (5, 5), BRANCH, groups=2),
    "groups of 4": after_pool((32, 32), (5, 4), BRANCH, groups=8),
}


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("case", READ_POOLED)
def test_a_pool_ahead(case: str, precision: Any) -> None:
    kernel, reference = READ_POOLED[case]
    x = replace(kernel.x, view=View(kernel.x.channels + 5, 2))
    check(replace(kernel, x=x, precision=precision), reference)


GIVEN = {
    "stem": conv((3, 24), (15, 13), (7, 7), (2, 2), (3, 3, 3, 3)),
    "wide stride": conv((3, 10), (23, 26), (11, 11), (4, 4), (2, 2, 2, 2)),
    "a row, dilated": conv((5, 8), (9, 14), (1, 5), (1, 1), (0, 4, 0, 4), dilation=(1, 2)),
    "stem with a pool": then_pool(conv((3, 24), (15, 13), (7, 7), (2, 2), (3, 3, 3, 3)), RESNET),
}


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("case", GIVEN)
def test_planes_of_the_caller(case: str, precision: Any) -> None:
    kernel, reference = GIVEN[case]
    x = planes(kernel.x.channels, kernel.x.height, kernel.x.width)
    kernel = replace(kernel, x=x, precision=precision)
    assert kernel.parameters[0].dtype == "float32"
    check(kernel, reference, planar="x")


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_batches(batch: int) -> None:
    check(*conv((16, 16), (3, 5), (3, 3), pad=(1, 1, 1, 1)), batch=batch)


@pytest.mark.parametrize("tile", [Tile(16, 16, 16), Tile(32, 64, 32), Tile(128, 32, 64)])
@pytest.mark.parametrize("case", ["3x3, several blocks of channels", "stem", "2 groups"])
def test_tiles(case: str, tile: Tile) -> None:
    kernel, reference = SHAPES[case]
    check(replace(kernel, tile=tile), reference)


def test_plain_products_have_no_masks_that_cannot_fail() -> None:
    kernel, _ = conv((64, 64), (16, 16), (1, 1), precision="float16", batch=256)
    assert "mask" not in kernel.source(kernel.name)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"stride": (2, 2), "label": "add_relu"}, "conv3x3_64to128_s2_4x4_add_relu"),
        ({"stride": (2, 1), "dilation": (1, 2)}, "conv3x3_64to128_s2x1_d1x2_4x6"),
        ({"groups": 32}, "conv3x3_64to128_g32_8x8"),
        ({"groups": 64}, "dwconv3x3_64to128_8x8"),
    ],
)
def test_names(fields: dict[str, Any], name: str) -> None:
    kernel, _ = conv((64, 128), (8, 8), (3, 3), pad=(1, 1, 1, 1), **fields)
    assert kernel.name == name
