"""Linear layers in the interpreter against torch."""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor

from netlang.kernels import Epilogue, FeatureMap, Linear, Operand, Tile, View, dense
from tests.kernels.launch import check

SHAPES = {
    "flat": (dense(37), 19),
    "flat, no masks but the batch": (dense(256), 32),
    "image": (dense(7, 3, 5), 23),
    "flat slice": (FeatureMap(37, 1, 1, View(50, 5)), 19),
    "image in a slice": (FeatureMap(7, 3, 5, View(16, 8)), 23),
    "one output": (dense(130), 1),
    "deep": (dense(1031), 11),
}
EPILOGUE = Epilogue(("v + c0", "v * t0", "tl.maximum(v, 0.0)"), (Operand(View(1100, 7)),), 1)


def linear(x: Tensor, w: Tensor) -> Tensor:
    return (x.flatten(1) @ w.flatten(1).T)[:, :, None, None]


@pytest.mark.parametrize("case", SHAPES)
@pytest.mark.parametrize("hint", [1, 3, 300])
def test_shapes(case: str, hint: int) -> None:
    x, outputs = SHAPES[case]
    check(Linear(x=x, y=dense(outputs), precision="float32", batch=hint), linear)


@pytest.mark.parametrize("batch", [1, 2, 17, 67])
def test_any_batch_whatever_the_hint(batch: int) -> None:
    for hint in (1, 64):
        kernel = Linear(x=dense(40), y=dense(24), precision="float32", batch=hint)
        check(kernel, linear, batch=batch)


@pytest.mark.parametrize("precision", ["float16", "tf32"])
@pytest.mark.parametrize("hint", [1, 64])
def test_precisions_views_and_epilogue(hint: int, precision: Any) -> None:
    kernel = Linear(
        x=FeatureMap(7, 3, 5, View(16, 8)),
        y=FeatureMap(1000, 1, 1, View(1024, 3)),
        precision=precision,
        epilogue=EPILOGUE,
        batch=hint,
    )
    check(kernel, linear)


@pytest.mark.parametrize("tile", [Tile(1, 64, 32), Tile(16, 16, 64), Tile(64, 128, 16)])
def test_tiles(tile: Tile) -> None:
    check(Linear(x=dense(75), y=dense(130), precision="float32", tile=tile), linear)


def test_bfloat16_matrix_vector() -> None:
    check(Linear(x=dense(75), y=dense(130), precision="bfloat16"), linear)


def test_name() -> None:
    kernel = Linear(x=dense(256, 6, 6), y=dense(4096), precision="float16", label="relu")
    assert kernel.name == "linear_9216to4096_relu"
