"""weights.safetensors: numbers combined in float64, laid out for the kernels, rounded once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from netlang.ground.arrays import Array, Checkpoint
from netlang.ir.weights import evaluate
from netlang.kernels.precision import bytes_of
from netlang.plan import PackedWeight, Plan

SAFETENSORS = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}


def serialized(plan: Plan, checkpoint: Checkpoint) -> Iterator[bytes]:
    """The file of a plan's weights in pieces, so that it is never in memory as a whole.

    KeyError where the checkpoint lacks a tensor.
    """
    weights = sorted(plan.weights, key=lambda weight: -bytes_of(weight.dtype))
    yield _header(weights)
    for weight in weights:
        yield packed(weight, checkpoint).tobytes()


def packed(weight: PackedWeight, checkpoint: Checkpoint) -> Array:
    """The numbers of a weight as its kernel reads them; bfloat16 as bits in uint16."""
    numbers = evaluate(weight.expr, checkpoint)
    if weight.packing:
        numbers = numbers.reshape(weight.packing.shape).transpose(weight.packing.order)
    return _rounded(numbers, weight.dtype)


def _header(weights: Sequence[PackedWeight]) -> bytes:
    """The table of a safetensors file, padded so that every tensor behind it is aligned.

    For that, those of four bytes an element come first.
    """
    table: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for weight in weights:
        start, end = end, end + bytes_of(weight.dtype) * prod(weight.shape)
        dtype, shape = SAFETENSORS[weight.dtype], list(weight.shape)
        table[weight.name] = {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}
    text = json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _rounded(numbers: Array, dtype: str) -> Array:
    if dtype != "bfloat16":
        return numbers.astype(dtype)
    bits = numbers.astype("float32").view("uint32")
    # Half of the last bit that stays, or a hair less where that bit is 0: ties go to even.
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("uint16")
