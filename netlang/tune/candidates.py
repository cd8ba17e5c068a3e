"""The tiles that a kernel may have, the most promising first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from itertools import zip_longest

import numpy as np

from netlang.device import RESERVED, Target
from netlang.ground.integers import ceil_div
from netlang.kernels import BackToBack, Conv, Kernel, Layer, Tile, Together
from netlang.kernels.block import operand, power_of_two
from netlang.kernels.precision import Precision
from netlang.tune.model import (
    Array,
    columns,
    launch_seconds,
    programs,
    registers,
    resident,
    shared,
    steps_of,
)
from netlang.tune.product import Product

ROWS = (64, 128, 256)
COLUMNS = (16, 32, 64, 128, 256)
DEPTHS: dict[Precision, tuple[int, ...]] = {
    "float32": (16,),
    "tf32": (16, 32),
    "float16": (32, 64, 128),
    "bfloat16": (32, 64, 128),
}
WARPS = (4, 8)
STAGES = (4, 3, 5, 6, 2, 1)
SPLITS = (1, 2, 3, 4, 6, 8, 9, 12, 16)
"""The values of each field of a tile that are looked at; the first wins a tie."""

STREAMED_COLUMNS, STREAMED_DEPTHS = (4, 8, 16), (128, 256, 512, 1024)
"""Columns and depths of a matrix that is streamed by a vector, which has no other rows."""

MOST_REGISTERS = 220
"""Registers of a thread, of the 255 that it can have: the estimate is no better than that."""


@lru_cache(maxsize=4096)
def candidates(kernel: Kernel, target: Target, limit: int = 1) -> tuple[Kernel, ...]:
    """A kernel with its best tiles by the model, `limit` at most and the best first.

    Where there is nothing to choose it is there as it is. The parts of `Together` share no sums:
    there are the others to keep multiprocessors busy.
    """
    match kernel:
        case Together():
            return _together(kernel.parts, target, limit)
        case Layer():
            return tuple(_tiled(kernel, target, limit))
        case _:
            return (kernel,)


def _together(parts: Sequence[Layer], target: Target, limit: int) -> tuple[Together, ...]:
    """The parts with tiles whose blocks fit into shared memory beside each other.

    A program is of one part alone, but Triton does not always see that what another one has there
    can lie in the same place. Where the best tiles of each need too much, they share the room.
    """
    room = target.device.multiprocessor.shared - RESERVED
    for share in (room, room // len(parts)):
        each = [_tiled(part, target, limit, False, share) for part in parts]
        found = tuple(dict.fromkeys(map(_as_one, _side_by_side(each))))
        fitting = tuple(each for each in found if _shared(each, target) <= room)
        if fitting:
            return fitting
    return found


def _shared(kernel: Together, target: Target) -> int:
    """Bytes of shared memory for the blocks of all parts."""
    products = [(Product.of(part), part.chosen) for part in kernel.parts]
    return sum(int(shared(p, columns([tile]), target)[0]) for p, tile in products if p)


def _side_by_side(each: Sequence[Sequence[Layer]]) -> Iterator[tuple[Layer, ...]]:
    """The parts' first choices, their second ones, …; who has no more keeps the first."""
    for choice in zip_longest(*each):
        yield tuple(part or parts[0] for part, parts in zip(choice, each, strict=True))


def _as_one(parts: Sequence[Layer]) -> Together:
    """Parts as one kernel, which has the warps of all and the stages that suit each loop."""
    looping = [part.chosen.stages for part in parts if _loops(part)]
    stages, warps = min(looping, default=1), max(part.warps for part in parts)
    tiles = (replace(part.chosen, stages=stages, warps=warps) for part in parts)
    return Together(
        tuple(replace(part, tile=tile) for part, tile in zip(parts, tiles, strict=True))
    )


def _loops(part: Layer) -> bool:
    """Whether a part has a loop to pipeline."""
    product = Product.of(part)
    if not product:
        return False
    steps = (loop.runs * ceil_div(loop.depth, part.chosen.k) for loop in product.loops)
    return product.repeats > 1 or max(steps) > 1


def _tiled(
    kernel: Layer, target: Target, limit: int, may_split: bool = True, room: int | None = None
) -> Sequence[Layer]:
    """A layer with its best tiles, whose blocks take `room` bytes of shared memory at most."""
    product = Product.of(kernel)
    if not product:
        return [kernel]
    choices = _choices(kernel, product, target, may_split)
    every = np.stack(np.meshgrid(*choices, indexing="ij")).reshape(len(choices), -1)
    tiles = _fitting(product, every, target)
    if room is not None:
        tiles = tiles[:, shared(product, tiles, target) <= room]
    order = np.argsort(launch_seconds(product, tiles, target), kind="stable")[:limit]
    return [replace(kernel, tile=_tile(tiles[:, i])) for i in order] or [kernel]


def _tile(row: Array) -> Tile:
    *numbers, tma = map(int, row)
    return Tile(*numbers, tma=bool(tma))


def _fitting(product: Product, tiles: Array, target: Target) -> Array:
    """The tiles whose programs fit a multiprocessor and share sums only where there are few."""
    _, _, _, _, stages, split, tma = tiles
    counts = steps_of(product, tiles)
    # What has one step is no loop: the loop around it would be pipelined in its place.
    steps = counts.max(axis=0)
    deep = product.is_streamed | ((stages <= steps) & ((stages > 1) | (steps == 1)))
    fits = deep & np.all(counts % split == 0, axis=0)
    fits &= resident(product, tiles, target) > 0
    # A chain's default fits, whatever the estimate says of it; with descriptors it has spilled.
    known = (product.chunk > 0) & (tma == 0)
    fits &= known | (registers(product, tiles, target) <= MOST_REGISTERS)
    fits &= (split == 1) | (programs(product, tiles, target) < split * target.device.sms)
    return tiles[:, fits]


def _choices(
    kernel: Layer, product: Product, target: Target, may_split: bool
) -> tuple[Sequence[int], ...]:
    """The values of each field of a tile; where the kernel itself pins one down, that alone."""
    default = kernel.default_tile()
    splits = SPLITS if may_split and kernel.can_split else (1,)
    tma = (True, False) if target.device.has_tma and kernel.can_use_tma else (False,)
    if product.is_streamed:
        widths, depths = STREAMED_COLUMNS, STREAMED_DEPTHS
    else:
        widths, depths = COLUMNS, DEPTHS[kernel.precision]
    widths, depths = _upto(product.columns, widths), _upto(product.depth, depths)
    # The default of a chain is as high as its registers allow.
    rows = [m for m in ROWS if m <= default.m] if product.chunk else ROWS
    values = (rows, widths, depths, WARPS, STAGES, splits, tma)
    pinned = _pinned(kernel, product)
    names = (field.name for field in fields(Tile))
    return tuple(
        (getattr(default, name),) if name in pinned else each
        for name, each in zip(names, values, strict=True)
    )


def _pinned(kernel: Layer, product: Product) -> set[str]:
    """The fields that a kernel's own default knows best; `Conv.default_tile` says why."""
    pinned: set[str] = set()
    if product.is_streamed:
        pinned |= {"m", "stages", "tma"}
    if kernel.precision == "float32":
        pinned |= {"m", "n", "k", "warps"}
    if isinstance(kernel, BackToBack):
        pinned |= {"n", "k", "warps"}
    if isinstance(kernel, Conv):
        pinned |= {"k", "warps"} if any(gather.is_flat for gather in kernel.gathers) else set()
        pinned |= {"n", "k"} if kernel.gathers[0].merged > 1 else set()
        pinned |= {"warps"} if kernel.pool else set()
        pinned |= {"m", "k", "warps", "stages"} if kernel.x_pool else set()
    return pinned


def _upto(size: int, values: Sequence[int]) -> Sequence[int]:
    """The values up to the power of two that covers a size, or an operand's block where none is."""
    cover = power_of_two(size)
    return [value for value in values if value <= cover] or [operand(size)]
