"""The layers of a kernel that have a tile each, and what they can do with it."""

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
    """A kernel with other tiles, one a layer; descriptors only where its maps allow them."""
    layers = tuple(
        replace(layer, tile=replace(tile, tma=tile.tma and can(layer, "use_tma")))
        for layer, tile in zip(layers_of(kernel), tiles, strict=True)
    )
    return Together(layers) if isinstance(kernel, Together) else layers[0]


def can(layer: Layer, what: str) -> bool:
    """Whether a layer has an ability that not all have: `use_tma`, `split`."""
    return getattr(layer, f"can_{what}", False)
