"""What all matrix products share: the choice of a tile, and the multiply-add itself."""

from __future__ import annotations

from collections.abc import Iterator

from netlang.ground.integers import ceil_div
from netlang.kernels.block import Tile, cut
from netlang.kernels.precision import Precision

WAVE = 132
"""Programs that an H100 runs at once, if each fills a multiprocessor."""


def product_tile(
    rows: int, columns: int, products: int, depth: int, precision: Precision, runs: int = 1
) -> Tile:
    """A tile for `products` independent products of rows x (runs·depth) by (runs·depth) x columns.

    A step of K stays within a run. The tile is the largest that leaves no multiprocessor idle:
    pixels are halved before channels, down to the 64 rows of one wgmma, because channels share
    the pixels that they read; for that reason too a block of channels is dear, however small.
    """
    if precision == "float32":
        m, n, k = 64, cut(columns, 64, 32, 16, overhead=32), 16
    else:
        k = cut(depth, 32, 16) if precision == "tf32" else cut(depth, 64, 32, 16)
        m, n = 128, cut(columns, 128, 64, 32, 16, overhead=32)
    while ceil_div(rows, m) * ceil_div(columns, n) * products < WAVE:
        if m > 64:
            m //= 2
        elif n > 32:
            n //= 2
        else:
            break
    steps = runs * ceil_div(depth, k)
    return Tile(m, n, k, warps=8 if m * n >= 128 * 128 else 4, stages=min(4, steps))


def to_tf32(name: str) -> Iterator[str]:
    """Rounds a float32 block to the ten bits of a tf32 mantissa, the nearest way.

    A tensor core drops the other bits, which makes every product a little too small: layer after
    layer that adds up. The largest nan would lose its sign and all else to the carry.
    """
    yield f"bits = ({name}.to(tl.int32, bitcast=True) + {1 << 12}) & {-(1 << 13)}"
    yield f"{name} = tl.where({name} == {name}, bits.to(tl.float32, bitcast=True), {name})"


def multiply_add(precision: Precision, a: str = "a", b: str = "b", v: str = "v") -> str:
    """`v` plus the product of the blocks `a` and `b`; the sum is float32."""
    how = {"float32": ', input_precision="ieee"', "tf32": ', input_precision="tf32"'}
    return f"{v} = tl.dot({a}, {b}, {v}{how.get(precision, '')})"
