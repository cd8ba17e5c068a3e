"""Pools in the interpreter against torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.kernels import (
    AdaptivePool,
    Epilogue,
    FeatureMap,
    GlobalPool,
    LocalResponse,
    Pool,
    View,
    dense,
)
from tests.kernels.launch import check, launch

# kernel, stride, padding on both sides, input size, ceil mode
WINDOWS = {
    "3x3, stride 2": ((3, 3), (2, 2), (1, 1), (11, 8), False),
    "2x2 without padding": ((2, 2), (2, 2), (0, 0), (8, 6), False),
    "ceil hangs over the edge": ((3, 3), (2, 2), (0, 0), (8, 10), True),
    "ceil hangs over the padding": ((3, 2), (3, 3), (1, 1), (9, 10), True),
    "stride beyond the kernel": ((2, 2), (3, 3), (0, 0), (9, 11), False),
    "1x7, stride 1x3": ((1, 7), (1, 3), (0, 3), (3, 13), False),
    "more taps than are unrolled": ((7, 5), (2, 2), (3, 2), (9, 9), False),
    "one column": ((3, 3), (1, 1), (1, 1), (7, 1), False),
}


def pool(case: str, channels: int = 13, **fields: Any) -> Pool:
    kernel, stride, (v, h), size, ceil_mode = WINDOWS[case]
    probe = F.max_pool2d(torch.zeros(1, 1, *size), kernel, stride, (v, h), ceil_mode=ceil_mode)
    y = dense(channels, *probe.shape[2:])
    fields = {"precision": "float32", "kind": "max", **fields}
    x = dense(channels, *size)
    return Pool(x=x, y=y, kernel=kernel, stride=stride, pad=(v, h, v, h), **fields)


@pytest.mark.parametrize("case", WINDOWS)
def test_max(case: str) -> None:
    kernel, stride, pad, _, ceil_mode = WINDOWS[case]
    check(pool(case), lambda x: F.max_pool2d(x, kernel, stride, pad, ceil_mode=ceil_mode))


@pytest.mark.parametrize("count_pad", [True, False])
@pytest.mark.parametrize("case", WINDOWS)
def test_average(case: str, count_pad: bool) -> None:
    kernel, stride, pad, _, ceil_mode = WINDOWS[case]
    check(
        pool(case, kind="average", count_pad=count_pad),
        lambda x: F.avg_pool2d(x, kernel, stride, pad, ceil_mode, count_pad),
    )


@pytest.mark.parametrize("kind", ["max", "average"])
def test_padding_of_each_side_is_its_own(kind: Any) -> None:
    kernel = Pool(
        x=dense(5, 6, 7),
        y=dense(5, 3, 4),
        precision="float32",
        kind=kind,
        kernel=(3, 3),
        stride=(2, 2),
        pad=(0, 1, 1, 2),
    )

    def reference(x: Tensor) -> Tensor:
        if kind == "max":
            return F.max_pool2d(F.pad(x, (1, 2, 0, 1), value=-torch.inf), 3, 2)
        return F.avg_pool2d(F.pad(x, (1, 2, 0, 1)), 3, 2)

    check(kernel, reference)


def test_a_maximum_of_negative_numbers_is_not_the_padding() -> None:
    kernel = pool("3x3, stride 2", channels=1)
    x = torch.full((11 * 8, 1), -5.0)
    y = torch.full((kernel.y.pixels, 1), torch.nan)
    (result,) = launch(kernel, [x, y], 1)
    assert (result == -5.0).all()


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("size", [5, 4])
@pytest.mark.parametrize("case", WINDOWS)
def test_max_of_normalized_pixels(case: str, size: int, precision: Any) -> None:
    kernel, stride, pad, _, ceil_mode = WINDOWS[case]
    # Pixels less their mean deviate by about 100: there the sum of squares decides the result.
    norm = LocalResponse(size=size, alpha=1e-4, beta=0.75, k=2.0)

    def reference(x: Tensor) -> Tensor:
        x = F.local_response_norm(x, size, 1e-4 * size, 0.75, 2.0)
        return F.max_pool2d(x, kernel, stride, pad, ceil_mode=ceil_mode)

    check(pool(case, norm=norm, precision=precision), reference, scale=128)


def test_mean_of_normalized_pixels_in_slices() -> None:
    norm = LocalResponse(size=5, alpha=0.1, beta=0.75, k=1.0)
    kernel = pool("3x3, stride 2", channels=70, kind="average", norm=norm)
    x, y = kernel.x, kernel.y
    kernel = replace(
        kernel,
        x=FeatureMap(x.channels, x.height, x.width, View(80, 7)),
        y=FeatureMap(y.channels, y.height, y.width, View(77, 4)),
    )
    check(kernel, lambda x: F.avg_pool2d(F.local_response_norm(x, 5, 0.5, 0.75, 1.0), 3, 2, 1))


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (6, 6), (9, 13)])
def test_adaptive(size: tuple[int, int]) -> None:
    kernel = AdaptivePool(x=dense(11, 9, 13), y=dense(11, *size), precision="float32")
    check(kernel, lambda x: F.adaptive_avg_pool2d(x, size))


@pytest.mark.parametrize("kind", ["max", "average"])
@pytest.mark.parametrize("size", [(1, 1), (7, 7), (5, 13), (8, 8)])
@pytest.mark.parametrize("channels", [5, 64, 131])
def test_global(kind: Any, size: tuple[int, int], channels: int) -> None:
    kernel = GlobalPool(x=dense(channels, *size), y=dense(channels), precision="float32", kind=kind)
    reference = F.adaptive_max_pool2d if kind == "max" else F.adaptive_avg_pool2d
    check(kernel, lambda x: reference(x, 1))


@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_precisions_views_and_epilogue(precision: Any) -> None:
    epilogue = Epilogue(("v * c0", "v + c1"), vectors=2)
    kernel = replace(pool("3x3, stride 2", kind="average"), precision=precision, epilogue=epilogue)
    x, y = kernel.x, kernel.y
    kernel = replace(
        kernel,
        x=FeatureMap(x.channels, x.height, x.width, View(20, 7)),
        y=FeatureMap(y.channels, y.height, y.width, View(17, 4)),
    )
    check(kernel, lambda x: F.avg_pool2d(x, 3, 2, 1))
    wide = GlobalPool(x=kernel.x, y=FeatureMap(13, 1, 1, View(17, 4)), precision=precision)
    check(replace(wide, epilogue=epilogue), lambda x: F.adaptive_avg_pool2d(x, 1))
    wide = AdaptivePool(x=kernel.x, y=kernel.y, precision=precision, epilogue=epilogue)
    check(wide, lambda x: F.adaptive_avg_pool2d(x, (y.height, y.width)))


def test_names() -> None:
    assert pool("3x3, stride 2", channels=64).name == "maxpool3x3_64_s2_6x4"
    norm = LocalResponse(size=5, alpha=1e-4, beta=0.75, k=2.0)
    assert pool("3x3, stride 2", norm=norm).name == "lrn5_maxpool3x3_13_s2_6x4"
    wide = GlobalPool(x=dense(64, 7, 7), y=dense(64), precision="float32")
    assert wide.name == "avgpool_global_64_7x7"
