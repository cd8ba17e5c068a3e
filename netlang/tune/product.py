"""What a kernel multiplies, as tiles are cut from it: the numbers that a cost model asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import gcd

from netlang.ground.integers import ceil_div
from netlang.kernels import BackToBack, Conv, Kernel, Layer, Linear
from netlang.kernels.gather import Gather


@dataclass(frozen=True)
class Loop:
    """A loop over K: `runs` times a depth, each cut into steps of its own.

    `reads` is how many numbers are read for one of the left factor. Where they are scattered, so
    many are `adjacent`; 0 means as many as a load can bring.
    """

    runs: int
    depth: int
    reads: int = 1
    adjacent: int = 0


@dataclass(frozen=True)
class Product:
    """Products of rows x K by K x columns, so many per image, and what is there besides.

    A tile runs its `loops` as often as `repeats` says: for each place of a pool, or for each chunk
    of a chain, where the loops make `chunk` columns that are multiplied on. `tensors` are read by
    the epilogue, and so many `outputs` written; `moved` and `weights` are bytes of activations
    per image and of weights. Where it `is_streamed` a tile has one row, and no tensor cores. Where
    descriptors read the pixels, each of so many `runs` of them is cut into tiles by itself, and the
    loops are apart (`is_apart`) if descriptors cannot read all of it, or some loop leaves taps out.
    """

    pixels: int
    columns: int
    products: int
    loops: tuple[Loop, ...]
    repeats: int
    chunk: int
    tensors: int
    outputs: int
    moved: int
    weights: int
    is_streamed: bool
    runs: int
    is_apart: bool

    @staticmethod
    def of(kernel: Kernel) -> Product | None:
        """The product of a kernel; None where tensor cores have no work and nothing is streamed."""
        match kernel:
            case Conv() if not kernel.gathers[0].is_depthwise:
                repeats = kernel.pool.windows(kernel.out, kernel.y).taps if kernel.pool else 1
                return _product(kernel, kernel, repeats)
            case BackToBack():
                repeats = ceil_div(kernel.first.y.channels, kernel.chunk)
                return _product(kernel, kernel.first, repeats, kernel.chunk)
            case Linear():
                return _product(kernel, kernel, 1)
            case _:
                return None

    @property
    def depth(self) -> int:
        """The longest run of K that steps are cut from."""
        return max(loop.depth for loop in self.loops)

    @property
    def is_scattered(self) -> bool:
        """Whether any number has an address of its own."""
        return any(loop.adjacent for loop in self.loops)


def _product(kernel: Layer, first: Conv | Linear, repeats: int, chunk: int = 0) -> Product:
    gathers = first.gathers if isinstance(first, Conv) else ()
    products = gathers[0].products if gathers else 1
    tile = replace(kernel.default_tile(), tma=True)
    boxes = replace(first, tile=tile).boxes if isinstance(first, Conv) else ()
    return Product(
        pixels=kernel.y.pixels,
        columns=kernel.y.channels // products,
        products=products,
        loops=tuple(map(_loop, gathers)) or (Loop(1, first.x.elements),),
        repeats=repeats,
        chunk=chunk,
        tensors=sum(len(epilogue.tensors) for epilogue in kernel.epilogues),
        outputs=len(kernel.outputs),
        moved=kernel.bytes_read + kernel.bytes_written,
        weights=kernel.weight_bytes,
        is_streamed=kernel.chosen.m == 1,
        runs=replace(kernel, tile=tile).block.runs,
        is_apart=any(box is None or box.skips for box in boxes),
    )


def _loop(gather: Gather) -> Loop:
    if gather.is_flat:
        channels = 1 if gather.window.x.view.plane else gather.in_group
        return Loop(1, gather.depth, adjacent=gcd(channels, 8))
    reads = gather.window.taps if gather.x_pool else 1
    return Loop(gather.taps, gather.channels, reads)
