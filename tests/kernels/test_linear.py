"""Linear layers in the interpreter against torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from netlang.kernels import Epilogue, FeatureMap, Linear, Operand, Tile, View, dense
from tests.kernels.launch import DTYPES, arguments, check, launch, launch_all

SHAPES = {
    "flat": (dense(37), 19),
    "flat, no masks but the batch": (dense(256), 32),
    "image": (dense(7, 3, 5), 23),
    "flat slice": (FeatureMap(37, 1, 1, View(50, 5)), 19),
    "image in a slice": (FeatureMap(7, 3, 5, View(16, 8)), 23),
    "one output": (dense(130), 1),
    "deep": (dense(1031), 11),
}
BIAS = Epilogue(("v + c0",), vectors=1)
EPILOGUE = Epilogue(("v + c0", "v * t0", "maximum(v, 0.0)"), (Operand(View(1100, 7)),), 1)


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


@pytest.mark.parametrize("split", [1, 2, 4])
@pytest.mark.parametrize("tile", [Tile(1, 8, 16), Tile(16, 16, 16), Tile(16, 16, 16, tma=True)])
@pytest.mark.parametrize(
    "x", [dense(64), dense(32, 2, 2), FeatureMap(16, 2, 2, View(40, 8)), dense(62), dense(58, 2, 1)]
)
def test_programs_that_share_a_block(x: FeatureMap, tile: Tile, split: int) -> None:
    tile = replace(tile, split=split)
    fields: Any = {"precision": "float16", "epilogue": BIAS, "tile": tile}
    kernel = Linear(x=x, y=FeatureMap(50, 1, 1, View(53, 2)), **fields)
    described = tile.tma and x.channels % 16 == 0
    assert bool([p for p in kernel.parameters if p.descriptor]) == described
    for batch in (1, 19):
        check(kernel, linear, batch)


def test_the_last_to_add_up_may_be_the_last_to_normalize() -> None:
    tile = Tile(16, 16, 16, split=2, tma=True)
    kernel = Linear(x=dense(64), y=dense(50), precision="float16", softmax=True, tile=tile)
    roles = [p.name for p in kernel.parameters]
    assert roles == ["x", "w", "sums", "counters", "finished", "y"]
    check(kernel, linear, 20, finish=lambda v: v.half().double().softmax(1))


def test_bfloat16_matrix_vector() -> None:
    check(Linear(x=dense(75), y=dense(130), precision="bfloat16"), linear)


# batch and its hint: the tile has 1, 64 or 128 rows
BATCHES = [(1, 1), (3, 1), (3, 64), (70, 64), (70, 4096)]


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("classes", [10, 1000])
@pytest.mark.parametrize(("batch", "hint"), BATCHES)
def test_softmax(batch: int, hint: int, classes: int, precision: Any) -> None:
    kernel = Linear(
        x=dense(40),
        y=FeatureMap(classes, 1, 1, View(classes + 5, 2)),
        precision=precision,
        epilogue=BIAS,
        batch=hint,
        softmax=True,
    )

    def probabilities(logits: Tensor) -> Tensor:
        return logits.to(DTYPES[precision]).double().softmax(1)

    check(kernel, linear, batch, finish=probabilities)


@pytest.mark.parametrize("tile", [Tile(1, 8, 32), Tile(16, 16, 32), Tile(128, 32, 32)])
def test_counters_are_ready_for_the_next_launch(tile: Tile) -> None:
    kernel = Linear(x=dense(40), y=dense(50), precision="float32", softmax=True, tile=tile)
    *pointers, counters, y = launch_all(kernel, arguments(kernel, 20), 20)
    assert counters.dtype == torch.int32
    assert not counters.any()
    (again,) = launch(kernel, [*pointers, counters, torch.full_like(y, torch.nan)], 20)
    assert torch.equal(again, y)


def test_programs_are_counted_where_there_are_several() -> None:
    kernel = Linear(x=dense(40), y=dense(10), precision="float32", softmax=True, batch=64)
    assert "counter" not in [p.role for p in kernel.parameters]
    kernel = replace(kernel, y=dense(1000))
    assert [p.role for p in kernel.parameters] == ["input", "weight", "counter", "output"]


def test_name() -> None:
    kernel = Linear(x=dense(256, 6, 6), y=dense(4096), precision="float16", label="relu")
    assert kernel.name == "linear_9216to4096_relu"
    assert replace(kernel, softmax=True).name == "linear_9216to4096_relu_softmax"
