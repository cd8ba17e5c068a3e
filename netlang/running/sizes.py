"""A network in its fully convolutional form, for images of whatever size comes next."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from netlang.engines import Engine
from netlang.ir.attributes import Size
from netlang.ir.graph import Graph


class AnySize:
    """Arrays N x C x H x W in, probabilities out; any N, H and W.

    `open` makes an engine of a graph. Each size has one, and the `kept` that were used last are
    kept, each with its own copy of the weights: another size costs time.
    """

    def __init__(self, graph: Graph, open: Callable[[Graph], Engine], kept: int):
        self.description = ""  # of the engine that was opened last

        @lru_cache(kept)
        def engine(pixels: Size) -> Engine:
            # Brings the passes, which a network in its own form may not need.
            from netlang.views.convolutional import fully_convolutional

            engine = open(fully_convolutional(graph, pixels))
            self.description = engine.description
            return engine

        self._engine = engine

    def __call__(self, images: Any) -> Any:
        return self._engine(images.shape[2:])(images)
