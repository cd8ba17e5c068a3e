"""What is raced: a network at a batch size, with the same weights and images for everybody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from logging import ERROR, getLogger
from pathlib import Path
from typing import Any
from warnings import catch_warnings

from netlang.engines import Stored, open_engine
from netlang.ground.arrays import Array
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.weights import random_weights, read_weights, write_weights


@dataclass(frozen=True)
class Case:
    """A network, as arguments of `netlang.load`, and how many images a call has.

    What contenders are given as files lies in `folder`. `threads` is how many cores they may use,
    `precision` what they compute in.
    """

    network: str
    batch: int
    folder: Path
    threads: int | None = None
    precision: str = "float32"
    settings: tuple[tuple[str, str], ...] = ()

    def load(self) -> Graph:
        """The network as it is written, read from its text."""
        return load(self.network, **dict(self.settings))

    @cached_property
    def graph(self) -> Graph:
        """The same, read once."""
        return self.load()

    @cached_property
    def weights(self) -> Path:
        """A file of random weights."""
        path = self.folder / "weights.safetensors"
        if not path.exists():
            write_weights(path, random_weights(self.graph))
        return path

    @cached_property
    def images(self) -> Array:
        """Noise, N x C x H x W of float32, for the network's one input."""
        import numpy as np

        shape = (self.batch, *self.graph.inputs[0].type.shape)
        return np.random.default_rng(0).standard_normal(shape, dtype="float32")

    @cached_property
    def module(self) -> Any:
        """The network in torch, at inference."""
        weights = read_weights(self.weights, self.graph)
        return self.graph.to_torch(weights).eval().requires_grad_(False)

    @cached_property
    def expected(self) -> Array:
        """What float64 makes of the images."""
        engine = open_engine(self.graph, Stored(self.weights, self.graph), "reference")
        return engine(self.images)

    @cached_property
    def onnx(self) -> Path:
        """The same in a file, as torch writes it at this batch."""
        path = self.folder / f"{self.batch}.onnx"
        if not path.exists():
            torch: Any = import_module("torch")
            images = (torch.from_numpy(self.images),)
            getLogger("torch.onnx").setLevel(ERROR)  # it misses torchvision, which is not needed
            with catch_warnings(action="ignore"):
                torch.onnx.export(self.module, images, str(path), dynamo=True, verbose=False)
        return path
