"""Norms, pointwise kernels, copies and upsampling in the interpreter against torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.kernels import (
    LRN,
    Copy,
    Epilogue,
    FeatureMap,
    FromNCHW,
    GlobalPool,
    Layer,
    Operand,
    Pointwise,
    Pool,
    Sampled,
    Softmax,
    ToNCHW,
    Upsample,
    View,
    dense,
)
from netlang.ops.pointwise import ReLU
from tests.kernels.launch import HEADER, check, far_apart, interpreted, launch


def sliced(layer: Layer, *, precision: Any = "float32", **fields: Any) -> Any:
    """The layer with x and y in the middle of wider buffers."""
    x, y = layer.x, layer.y
    return replace(
        layer,
        x=FeatureMap(x.channels, x.height, x.width, View(x.channels + 5, 2)),
        y=FeatureMap(y.channels, y.height, y.width, View(y.channels + 9, 4)),
        precision=precision,
        **fields,
    )


@pytest.mark.parametrize("size", [1, 2, 4, 5, 7])
@pytest.mark.parametrize("channels", [3, 32, 45])
def test_lrn(size: int, channels: int) -> None:
    x = dense(channels, 3, 5)
    # Large alpha and small k, so that the sum of squares decides the result.
    kernel = LRN(x=x, y=x, precision="float32", size=size, alpha=0.7, beta=0.75, k=0.5)
    check(kernel, lambda x: F.local_response_norm(x, size, 0.7 * size, 0.75, 0.5))


def test_lrn_in_slices_with_an_epilogue() -> None:
    x = dense(13, 3, 5)
    kernel = LRN(x=x, y=x, precision="float32", size=5, alpha=1e-4, beta=0.75, k=2.0)
    epilogue = Epilogue(("v - c0", "maximum(v, 0.0)", "v + t0"), (Operand(View(17, 3)),), 1)
    kernel = sliced(kernel, precision="float16", epilogue=epilogue)
    check(kernel, lambda x: F.local_response_norm(x, 5, 5e-4, 0.75, 2.0))


@pytest.mark.parametrize("x", [dense(1000), dense(7), dense(64, 2, 3), dense(1, 3, 3)])
@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
def test_softmax(x: FeatureMap, precision: Any) -> None:
    kernel = Softmax(x=x, y=x, precision=precision)
    check(kernel, lambda x: x.softmax(1))
    check(sliced(kernel, precision=precision), lambda x: x.softmax(1))


@pytest.mark.parametrize("x", [dense(7), dense(45, 3, 5)])
def test_softmax_with_an_epilogue(x: FeatureMap) -> None:
    gate = Operand(View(x.channels + 1, 1), broadcast=True)
    epilogue = Epilogue(("v * c0", "v - t0", "maximum(v, 0.0)"), (gate,), 1)
    kernel = Softmax(x=x, y=x, precision="float32", epilogue=epilogue)
    check(kernel, lambda x: x.softmax(1))
    check(sliced(kernel, precision="float16"), lambda x: x.softmax(1))


def test_softmax_of_large_numbers_does_not_overflow() -> None:
    x = torch.tensor([[-1000.0, 1000.0, 999.0]])
    kernel = Softmax(x=dense(3), y=dense(3), precision="float32")
    (result,) = launch(kernel, [x, torch.full((1, 3), torch.nan)], 1)
    torch.testing.assert_close(result, x.softmax(1))


@pytest.mark.parametrize("precision", ["float32", "float16", "bfloat16"])
@pytest.mark.parametrize("channels", [3, 64, 100, 832])
def test_pointwise(channels: int, precision: Any) -> None:
    x = dense(channels, 3, 5)
    tensors = (Operand(View(channels + 1, 1)), Operand(View(channels), broadcast=True))
    epilogue = Epilogue(("v + t0 * c0", "v * tl.sigmoid(t1)"), tensors, 1)
    kernel = Pointwise(x=x, y=x, precision=precision, epilogue=epilogue, label="gate")
    check(kernel, lambda x: x)
    check(sliced(kernel, precision=precision), lambda x: x)
    assert kernel.name == f"gate_{channels}x3x5"


def test_tf32_is_rounded_to_what_a_tensor_core_sees() -> None:
    x = dense(8, 1, 1)
    kernel = Pointwise(x=x, y=x, precision="tf32")
    nan = torch.tensor([0x7FFFFFFF], dtype=torch.int32).view(torch.float32).item()
    given = torch.tensor(
        [1.0, 1 + 2**-11, 1 + 3 * 2**-12, -1 - 2**-12, 3e38, 1e-38, -torch.inf, nan]
    )
    (result,) = launch(kernel, [given.clone(), torch.empty(8)], 1)
    expected = [1.0, 1 + 2**-10, 1 + 2**-10, -1.0, 3e38, 1e-38, -torch.inf, torch.nan]
    torch.testing.assert_close(
        result.flatten(), torch.tensor(expected), rtol=2**-11, atol=0, equal_nan=True
    )
    bits = result.flatten()[:7].view(torch.int32)
    assert not (bits & (1 << 13) - 1).any()


def test_a_maximum_with_nan_is_nan() -> None:
    x = dense(8, 2, 2)
    given = torch.randn(1, 8, 2, 2)
    given[0, 3, 1, 0] = torch.nan
    relu = Epilogue((ReLU().scalar(("v",), {}),))
    for kernel in (
        Pointwise(x=x, y=x, precision="float32", epilogue=relu),
        Pool(x=x, y=dense(8, 1, 1), kernel=(2, 2), stride=(2, 2), kind="max", precision="float32"),
        GlobalPool(x=x, y=dense(8), kind="max", precision="float32"),
    ):
        y = torch.zeros(kernel.y.elements)
        (result,) = launch(kernel, [given.permute(2, 3, 0, 1).flatten(), y], 1)
        channels = result.reshape(-1, 8).isnan().any(0)
        assert channels.tolist() == [c == 3 for c in range(8)]


# Of a result of 4 x 3 pixels, with 32 channels and more.
SAMPLED: dict[str, Sampled] = {
    "every second row and column": Sampled(32, 7, 6, (2, 2)),
    "unequal strides": Sampled(32, 4, 9, (1, 3)),
    "zeros behind": Sampled(16, 4, 3),
    "one channel of zeros behind": Sampled(31, 4, 3),
    "zeros around": Sampled(13, 4, 3, before=11),
    "zeros ahead": Sampled(25, 4, 3, before=7),
    "option A": Sampled(16, 8, 5, (2, 2), before=8),
}


@pytest.mark.parametrize("channels", [32, 45])
@pytest.mark.parametrize("case", SAMPLED)
def test_a_sampled_operand(case: str, channels: int) -> None:
    x, sampled = dense(channels, 4, 3), SAMPLED[case]
    operands = (Operand(View(channels + 6, 5)), Operand(View(50, 3), sampled=sampled))
    epilogue = Epilogue(("v * t0", "v + t1"), operands)
    kernel = Pointwise(x=x, y=x, precision="float32", epilogue=epilogue)
    check(kernel, lambda x: x)
    check(sliced(kernel, precision="float16"), lambda x: x)


def test_what_may_be_written_over() -> None:
    x = dense(8, 4, 4)
    tensors = (Operand(View(8)), Operand(View(8), broadcast=True), Operand(View(16, 8)))
    fields: dict[str, Any] = {"precision": "float16", "epilogue": Epilogue(("v",), tensors)}
    assert Pointwise(x=x, y=x, **fields).in_place == {"y": ("x", "tensor0")}
    assert Pointwise(x=replace(x, view=View(16)), y=x, **fields).in_place == {"y": ("tensor0",)}
    # It reads the channels beside.
    assert LRN(x=x, y=x, size=5, alpha=1e-4, beta=0.75, k=2.0, **fields).in_place == {
        "y": ("tensor0",)
    }
    # It writes float32.
    assert ToNCHW(x=x, y=x, **fields).in_place == {"y": ()}
    # Others have channels between its own.
    assert Pointwise(x=x, y=replace(x, view=View(16)), **fields).in_place == {}


def copy(x: FeatureMap, y: FeatureMap, **fields: Any) -> Copy:
    return Copy(x=x, y=y, precision="float32", **fields)


COPIES: dict[str, tuple[Copy, Any]] = {
    "slice": (copy(dense(13, 3, 5), dense(13, 3, 5)), lambda x: x),
    "zeros after": (
        copy(dense(16, 3, 5), dense(32, 3, 5)),
        lambda x: F.pad(x, (0, 0, 0, 0, 0, 16)),
    ),
    "zeros around": (
        copy(dense(13, 3, 5), dense(37, 3, 5), before=11),
        lambda x: F.pad(x, (0, 0, 0, 0, 11, 13)),
    ),
    "zeros before, to a full tile": (
        copy(dense(25, 3, 5), dense(32, 3, 5), before=7),
        lambda x: F.pad(x, (0, 0, 0, 0, 7, 0)),
    ),
    "shuffle": (
        copy(dense(24, 3, 5), dense(24, 3, 5), groups=3),
        lambda x: F.channel_shuffle(x, 3),
    ),
    "shuffle, then zeros around": (
        copy(dense(10, 3, 5), dense(17, 3, 5), groups=2, before=4),
        lambda x: F.pad(F.channel_shuffle(x, 2), (0, 0, 0, 0, 4, 3)),
    ),
    "option A": (
        copy(dense(16, 7, 6), dense(32, 4, 3), stride=2),
        lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 16)),
    ),
}


@pytest.mark.parametrize("case", COPIES)
def test_copy(case: str) -> None:
    kernel, reference = COPIES[case]
    check(kernel, reference)
    epilogue = Epilogue(("v + c0",), vectors=1)
    check(sliced(kernel, precision="bfloat16", epilogue=epilogue), reference)


def test_offsets_pass_two_to_the_31() -> None:
    stride = 2**30
    x, y = (FeatureMap(8, 2, 2, View(stride, offset)) for offset in (8, 0))
    text = HEADER + Copy(x=x, y=y, precision="float16").source("copy")
    result = interpreted(far_apart, text, "copy", stride)
    assert result.flatten().tolist() == list(range(32))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(
    ("channels", "stored"), [(3, 3), (3, 4), (3, 8), (37, 37), (1, 1), (128, 128)]
)
def test_from_nchw(channels: int, stored: int, dtype: Any) -> None:
    def reference(x: Tensor) -> Tensor:
        return F.pad(x, (0, 0, 0, 0, 0, stored - channels))

    x, y = dense(channels, 5, 7), FeatureMap(stored, 5, 7, View(stored + 3, 1))
    kernel = FromNCHW(x=x, y=y, precision="float16", planar_dtype=dtype)
    check(kernel, reference, planar="x")


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("x", [dense(37, 5, 7), dense(1000), FeatureMap(8, 4, 4, View(11, 2))])
def test_to_nchw(x: FeatureMap, dtype: Any) -> None:
    y = dense(x.channels, x.height, x.width)
    kernel = ToNCHW(x=x, y=y, precision="float16", planar_dtype=dtype)
    check(kernel, lambda x: x, planar="y")


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("factor", [(2, 2), (3, 1), (4, 5)])
@pytest.mark.parametrize("size", [(3, 5), (1, 4), (1, 1)])
def test_upsample(mode: Any, factor: tuple[int, int], size: tuple[int, int]) -> None:
    larger = (size[0] * factor[0], size[1] * factor[1])
    kernel = Upsample(x=dense(11, *size), y=dense(11, *larger), precision="float32", mode=mode)

    def reference(x: Tensor) -> Tensor:
        return F.interpolate(x, larger, mode=mode)

    check(kernel, reference)
    check(sliced(kernel, precision="float16"), reference)
