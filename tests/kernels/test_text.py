"""What a reader of an artifact sees: the text of a few kernels, and the arithmetic in it.

`pytest --update-goldens` rewrites the goldens; read the difference before you commit it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netlang.kernels import (
    LRN,
    BackToBack,
    Conv,
    Epilogue,
    FeatureMap,
    GlobalPool,
    Kernel,
    Linear,
    LocalResponse,
    Operand,
    Pool,
    Pooling,
    Term,
    Tile,
    Tiles,
    Together,
    View,
    dense,
)
from netlang.kernels.block import cut, power_of_two
from netlang.kernels.text import add, all_of, load, mul, quotient, split
from tests.conftest import Golden

GOLDENS = Path(__file__).parent / "goldens"

F16: Any = {"precision": "float16"}
SQUARE: Any = {"kernel": (3, 3), "pad": (1, 1)}
ADD_RELU: Any = {
    "epilogue": Epilogue(("v + c0", "v + t0", "maximum(v, 0.0)"), (Operand(View(128)),), vectors=1),
    "label": "add_relu",
}
RELU: Any = {"epilogue": Epilogue(("v + c0", "maximum(v, 0.0)"), vectors=1), "label": "relu"}

# The three 1x1 convolutions of GoogLeNet's first inception module that share its input, as one.
SIBLINGS = Conv(
    x=dense(192, 28, 28),
    y=dense(176, 28, 28),
    into=(FeatureMap(64, 28, 28, View(256)), dense(96, 28, 28), dense(16, 28, 28)),
    kernel=(1, 1),
    batch=256,
    **RELU,
    **F16,
)

# The end of ResNet-50's first block of conv3_x, with its projection shortcut.
PROJECTION = Conv(
    x=dense(128, 28, 28),
    y=dense(512, 28, 28),
    kernel=(1, 1),
    more=(Term(x=dense(256, 56, 56), kernel=(1, 1), stride=(2, 2)),),
    batch=256,
    **RELU,
    **F16,
)

# ResNet's stem of four stored channels with the pool behind it.
STEM = Conv(
    x=dense(4, 224, 224),
    y=dense(64, 56, 56),
    kernel=(7, 7),
    stride=(2, 2),
    pad=(3, 3),
    pool=Pooling(kernel=(3, 3), stride=(2, 2), pad=(1, 1), size=(112, 112)),
    batch=256,
    **RELU,
    **F16,
)

# The pool branch of GoogLeNet's first inception module.
BRANCH = Conv(
    x=dense(192, 28, 28),
    y=FeatureMap(32, 28, 28, View(256, 224)),
    kernel=(1, 1),
    x_pool=Pooling(kernel=(3, 3), stride=(1, 1), pad=(1, 1), size=(28, 28)),
    batch=256,
    **RELU,
    **F16,
)

# The end of a block of ResNet-50's conv3_x with the start of the next, whose shortcut keeps `y0`.
SEAM = BackToBack(
    first=Conv(
        x=dense(128, 28, 28),
        y=dense(512, 28, 28),
        kernel=(1, 1),
        epilogue=replace(ADD_RELU["epilogue"], tensors=(Operand(View(512)),)),
        label="add_relu",
        batch=256,
        **F16,
    ),
    y=dense(128, 28, 28),
    keep=True,
    **RELU,
)

KERNELS: list[Kernel] = [
    Conv(
        x=dense(128, 28, 28),
        y=dense(128, 28, 28),
        tile=Tile(128, 128, 64, 8, 4, tma=True),
        batch=32,
        **SQUARE,
        **ADD_RELU,
        **F16,
    ),
    Conv(
        x=dense(256, 14, 14),
        y=dense(512, 7, 7),
        stride=(2, 2),
        tile=Tile(128, 256, 64, 8, 3, tma=True),
        batch=256,
        **SQUARE,
        **RELU,
        **F16,
    ),
    Conv(
        x=dense(512, 7, 7),
        y=dense(512, 7, 7),
        tile=Tile(64, 64, 64, 4, 4, split=8, tma=True),
        **SQUARE,
        **RELU,
        **F16,
    ),
    Linear(
        x=dense(256, 6, 6),
        y=dense(4096),
        tile=Tile(128, 128, 64, 8, 4, tma=True),
        batch=128,
        **RELU,
        **F16,
    ),
    Conv(
        x=dense(128, 56, 56),
        y=dense(128, 28, 28),
        stride=(2, 2),
        batch=256,
        **SQUARE,
        **ADD_RELU,
        **F16,
    ),
    Conv(x=dense(256, 56, 56), y=dense(64, 56, 56), kernel=(1, 1), batch=256, **RELU, **F16),
    Conv(
        x=dense(3, 224, 224),
        y=dense(64, 112, 112),
        kernel=(7, 7),
        stride=(2, 2),
        pad=(3, 3),
        batch=256,
        **RELU,
        **F16,
    ),
    Conv(x=dense(128, 56, 56), y=dense(128, 56, 56), groups=32, batch=256, **SQUARE, **F16),
    Conv(x=dense(96, 27, 27), y=dense(96, 27, 27), groups=96, **SQUARE, **F16),
    SIBLINGS,
    PROJECTION,
    STEM,
    BRANCH,
    SEAM,
    Linear(x=dense(256, 6, 6), y=dense(4096), **RELU, **F16),
    Linear(x=dense(2048), y=dense(1000), batch=256, **F16),
    Linear(x=dense(2048), y=dense(1000), softmax=True, **F16),
    Linear(x=dense(2048), y=dense(1000), batch=256, softmax=True, **F16),
    Pool(
        x=dense(64, 112, 112),
        y=dense(64, 56, 56),
        kind="max",
        kernel=(3, 3),
        stride=(2, 2),
        pad=(1, 1, 1, 1),
        **F16,
    ),
    GlobalPool(x=dense(2048, 7, 7), y=dense(2048), **F16),
    LRN(x=dense(96, 55, 55), y=dense(96, 55, 55), size=5, alpha=1e-4, beta=0.75, k=2.0, **F16),
    Pool(
        x=dense(96, 55, 55),
        y=dense(96, 27, 27),
        kind="max",
        kernel=(3, 3),
        stride=(2, 2),
        norm=LocalResponse(size=5, alpha=1e-4, beta=0.75, k=2.0),
        **F16,
    ),
    Together(
        (
            Conv(x=dense(96, 28, 28), y=dense(128, 28, 28), **SQUARE, **RELU, **F16),
            Conv(
                x=dense(16, 28, 28),
                y=FeatureMap(32, 28, 28, View(256, 192)),
                kernel=(5, 5),
                pad=(2, 2),
                **RELU,
                **F16,
            ),
        )
    ),
]


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_goldens(kernel: Kernel, golden: Golden) -> None:
    batch = getattr(kernel.first if isinstance(kernel, BackToBack) else kernel, "batch", 1)
    name = f"{kernel.name}_batch{batch}.triton"
    golden(GOLDENS / name, kernel.source(kernel.name))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_lines_are_short(kernel: Kernel) -> None:
    assert max(map(len, kernel.source(kernel.name).splitlines())) <= 100


def test_arguments_are_the_parameters_in_their_order() -> None:
    (line,) = (text for text in KERNELS[0].source("f").splitlines() if text.startswith("def"))
    assert line == "def f(x, w, vector0, tensor0, y, batch, DEPENDENT: tl.constexpr):"
    roles = [p.role for p in KERNELS[0].parameters]
    assert roles == ["input", "weight", "vector", "tensor", "output"]
    assert [p.dtype for p in KERNELS[0].parameters][2] == "float32"


def test_arithmetic_without_noise() -> None:
    assert add("p", 0, "0", -1) == "p - 1"
    assert add() == "0"
    assert mul("a + b", 3) == "(a + b) * 3"
    assert mul("f(a + b)[c]", 1) == "f(a + b)[c]"
    assert mul("a", 0) == mul("0", 5) == "0"
    assert split("p", 4, 7) == ("p // 7", "p % 7")
    assert split("p", 1, 7) == ("0", "p")
    assert split("p", 4, 1) == ("p", "0")
    assert quotient("a - 1", 2) == "(a - 1) // 2"
    assert all_of("live", "n < 3") == "live & (n < 3)"
    assert load("x") == "tl.load(x)"


def test_tiles() -> None:
    assert Tiles(784, 128, 2).programs(3) == 2 * 19
    assert [power_of_two(n) for n in (1, 2, 3, 64, 65)] == [1, 2, 4, 64, 128]
    assert cut(64, 128, 64, 32) == 64
    assert cut(192, 128, 64, 32) == 64
    assert cut(500, 128, 64, 32) == 128
