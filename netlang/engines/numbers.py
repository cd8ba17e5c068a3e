"""The weights that an engine is given, read or made up only when somebody needs them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from netlang.engines.cache import Cache
from netlang.ground.arrays import Checkpoint
from netlang.ir.graph import Graph
from netlang.weights import random_weights, read_weights
from netlang.weights.file import require_file, require_finite


class Numbers(Protocol):
    """A checkpoint of a network as it is written."""

    def digest(self, cache: Cache) -> str | None:
        """What tells it from others without being read, or None."""
        ...

    def load(self) -> Checkpoint:
        """The arrays by name."""
        ...


@dataclass(frozen=True)
class Given:
    """Arrays that are there already: what is made of them is not kept."""

    weights: Checkpoint

    def digest(self, cache: Cache) -> None:
        """None: to look at all numbers may take as long as to compile."""

    def load(self) -> Checkpoint:
        """The arrays by name."""
        return self.weights


@dataclass(frozen=True)
class Made:
    """Random weights; `seed` and the network tell them all."""

    graph: Graph
    seed: int = 0

    def digest(self, cache: Cache) -> str:
        """The seed."""
        return f"random {self.seed}"

    def load(self) -> Checkpoint:
        """The arrays by name."""
        return random_weights(self.graph, self.seed)


@dataclass(frozen=True)
class Stored:
    """A safetensors file; where it `is_checked`, all of it is looked through for nan."""

    path: Path
    graph: Graph
    is_checked: bool = False

    def digest(self, cache: Cache) -> str:
        """That of the file's bytes; `NetError` where there is no file."""
        require_file(self.path)
        return cache.digest(self.path)

    def load(self) -> Checkpoint:
        """The arrays by name; `NetError` where they do not fit the network, or are no numbers."""
        weights = read_weights(self.path, self.graph)
        if self.is_checked:
            require_finite(weights, self.path)
        return weights
