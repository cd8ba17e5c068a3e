"""Layers in one launch, in the interpreter against each of them in a launch of its own."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest
import torch

from netlang.kernels import (
    LRN,
    Conv,
    Epilogue,
    FeatureMap,
    Layer,
    Linear,
    Operand,
    Tile,
    Tiles,
    Together,
    View,
    dense,
)
from tests.kernels.launch import arguments, launch, launch_all

F32: Any = {"precision": "float32"}
RELU: Any = {"epilogue": Epilogue(("v + c0", "maximum(v, 0.0)"), vectors=1), "label": "relu"}

WIDE = Conv(
    x=dense(8, 5, 5),
    y=FeatureMap(40, 5, 5, View(64, 8)),
    kernel=(3, 3),
    pad=(1, 1),
    tile=Tile(16, 32, 16),
    **F32,
    **RELU,
)
NARROW = Conv(
    x=dense(16, 7, 7),
    y=dense(16, 3, 3),
    kernel=(3, 3),
    stride=(2, 2),
    tile=Tile(32, 16, 16, warps=8, stages=3),
    precision="float16",
    epilogue=Epilogue(("v + t0",), (Operand(View(16)),)),
)
NORM = LRN(x=dense(5, 2, 2), y=dense(5, 2, 2), size=3, alpha=0.5, beta=0.75, k=1.0, **F32)
VECTOR = Linear(x=dense(24), y=dense(9), **F32)


@pytest.mark.parametrize("batch", [1, 2, 5])
@pytest.mark.parametrize(
    "parts", [(WIDE, NARROW), (NARROW, WIDE), (NORM, WIDE, VECTOR), (VECTOR, VECTOR)]
)
def test_each_part_computes_what_it_does_alone(parts: tuple[Layer, ...], batch: int) -> None:
    # Tensors are shared with the interpreter's process: each launch has its own.
    mixed = [tensor for part in parts for tensor in arguments(part, batch)]
    together = iter(launch_all(Together(parts), mixed, batch))
    for part in parts:
        (expected,) = launch(part, arguments(part, batch), batch)
        *_, result = islice(together, len(part.parameters))
        assert not expected.isnan().all()
        torch.testing.assert_close(result, expected, rtol=0, atol=0, equal_nan=True)


def test_it_is_launched_as_its_parts_need() -> None:
    both = Together((WIDE, NARROW))
    assert both.grid == (Tiles(25, 16, 2), Tiles(9, 32, 1))
    assert (both.warps, both.stages) == (8, 3)
    assert both.packing == (*WIDE.packing, *NARROW.packing)
    assert both.name == "conv3x3_8to40_5x5_relu_and_conv3x3"
    names = ["x_a", "w_a", "vector0_a", "y_a", "x_b", "w_b", "tensor0_b", "y_b"]
    assert [p.name for p in both.parameters] == names
    alone = [(p.role, p.dtype) for part in both.parts for p in part.parameters]
    assert [(p.role, p.dtype) for p in both.parameters] == alone
    assert both.bytes_read == WIDE.bytes_read + NARROW.bytes_read
    assert both.bytes_written == WIDE.bytes_written + NARROW.bytes_written
