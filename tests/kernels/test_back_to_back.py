"""Two convolutions in one kernel, in the interpreter against torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from netlang.kernels import BackToBack, Conv, Epilogue, FeatureMap, Operand, View
from tests.kernels.launch import check
from tests.kernels.test_conv import BRANCH, SUMS, after_pool, conv


def chain(first: tuple[Conv, Any], channels: int, **fields: Any) -> tuple[BackToBack, Any]:
    """A 1x1 convolution behind another, and the other's reference; all maps are slices."""
    kernel, reference = first
    y = kernel.y
    kernel = replace(
        kernel,
        y=replace(y, view=View(y.channels + 3, 1)),
        epilogue=Epilogue(
            ("v + c0", "v * c1", "tl.sigmoid(v)", "v + t0"),
            (Operand(View(y.channels + 2, 2)),),
            vectors=2,
        ),
    )
    second: dict[str, Any] = {
        "y": FeatureMap(channels, y.height, y.width, View(channels + 5, 4)),
        "epilogue": Epilogue(
            ("v + c0", "v + t0", "v * t1", "maximum(v, 0.0)"),
            (Operand(View(channels + 1)), Operand(View(channels), broadcast=True)),
            vectors=1,
        ),
    }
    return BackToBack(first=kernel, **(second | fields)), reference


CHAINS = {
    "1x1": chain(conv((19, 23), (5, 7), (1, 1)), 11),
    "1x1, even": chain(conv((16, 32), (8, 8), (1, 1)), 16),
    "3x3": chain(conv((17, 31), (7, 5), (3, 3), pad=(1, 1, 1, 1)), 37),
    "3x3, stride 2": chain(conv((32, 16), (9, 8), (3, 3), (2, 2), (1, 1, 1, 1)), 29),
    "3x3, all of 256 channels": chain(conv((16, 211), (4, 3), (3, 3), pad=(1, 1, 1, 1)), 11),
    "two chunks and a rest": chain(conv((19, 263), (5, 3), (1, 1)), 11),
    "chunks, even": chain(conv((16, 384), (4, 4), (1, 1)), 32),
    "a sum": chain(SUMS["projection"], 13),
    "three terms": chain(SUMS["three terms"], 40),
    "a sum in chunks": chain(SUMS["wide"], 20),
    "a pool ahead": chain(after_pool((19, 23), (7, 5), BRANCH), 9),
}


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize("case", CHAINS)
def test_shapes(case: str, keep: bool) -> None:
    kernel, reference = CHAINS[case]
    check(replace(kernel, keep=keep), reference)


@pytest.mark.parametrize(
    "case", ["3x3", "3x3, all of 256 channels", "two chunks and a rest", "a sum"]
)
def test_float16(case: str) -> None:
    kernel, reference = CHAINS[case]
    first = replace(kernel.first, precision="float16")
    check(replace(kernel, first=first, keep=True), reference)


@pytest.mark.parametrize("keep", [True, False])
def test_channels_dealt_out(keep: bool) -> None:
    kernel, reference = CHAINS["3x3"]
    y = kernel.y
    into = tuple(FeatureMap(part, y.height, y.width, View(part + 2, 1)) for part in (5, 20, 12))
    check(replace(kernel, into=into, keep=keep), reference)


def test_an_epilogue_that_makes_infinities_of_what_is_not_there() -> None:
    kernel, reference = CHAINS["3x3"]
    epilogue = Epilogue(("v + 1.0 / c0",), vectors=1)
    check(replace(kernel, first=replace(kernel.first, epilogue=epilogue)), reference)


def test_nothing_beyond_the_weight_is_read() -> None:
    kernel, _ = CHAINS["3x3"]
    assert "w1 + k[:, None] * 37 + out, mask=(k < 31)[:, None] & (out < 37)" in kernel.source("f")


def test_parameters() -> None:
    kernel, _ = CHAINS["a sum"]
    names = "x x1 w w1 w2 vector0 vector1 vector2 tensor0 tensor1 tensor2"
    roles = ["input"] * 2 + ["weight"] * 3 + ["vector"] * 3 + ["tensor"] * 3
    for keep, outputs in ((True, "y0 y1"), (False, "y")):
        parameters = replace(kernel, keep=keep).parameters
        assert [p.name for p in parameters] == f"{names} {outputs}".split()
        assert [p.role for p in parameters][:-2] == (roles if keep else roles[:-1])
        assert parameters[-1].role == "output"


def test_costs_are_those_of_both() -> None:
    kernel, _ = CHAINS["a sum"]
    assert kernel.name == "conv1x1_19to23_plus_conv1x1_37to23_s2_5x7_then_conv1x1_23to13"
    assert kernel.flops == 2 * 35 * (23 * (19 + 37) + 13 * 23)
    assert kernel.bytes_read == 4 * (19 * 35 + 37 * 9 * 13 + 23 * 35 + 13 * 35 + 13)
    assert kernel.bytes_written == 4 * 13 * 35
    assert replace(kernel, keep=True).bytes_written == 4 * (13 + 23) * 35
