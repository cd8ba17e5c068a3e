"""The layers of a kernel that have a tile each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from netlang.kernels import Kernel, Layer, Tile, Together


def layers_of(kernel: Kernel) -> tuple[Layer, ...]:
    """The layers that have a tile of their own."""
    if isinstance(kernel, Together):
        return kernel.parts
    return (kernel,) if isinstance(kernel, Layer) else ()


def with_tiles(kernel: Kernel, tiles: Iterable[Tile]) -> Kernel:
    """A kernel with other tiles, one per layer; descriptors only where its maps allow them."""
    layers = tuple(
        replace(layer, tile=replace(tile, tma=tile.tma and layer.can_use_tma))
        for layer, tile in zip(layers_of(kernel), tiles, strict=True)
    )
    return Together(layers) if isinstance(kernel, Together) else layers[0]
