"""What the kernels of all families share: a feature map in, a feature map out, an epilogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from netlang.kernels.kernel import Epilogue, Kernel, Parameter, Precision, View

Dtype = Literal["float32", "float16", "bfloat16"]

IDENTITY = Epilogue()

BYTES: dict[Dtype, int] = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True)
class FeatureMap:
    """Channels x height x width an image, and where they lie; a flat value is 1 pixel."""

    channels: int
    height: int
    width: int
    view: View

    @property
    def pixels(self) -> int:
        """Pixels an image."""
        return self.height * self.width

    @property
    def elements(self) -> int:
        """Numbers an image."""
        return self.channels * self.pixels

    @property
    def is_dense(self) -> bool:
        """Whether the numbers of an image are adjacent, with nothing in between."""
        return self.view.stride == self.channels or self.pixels == 1

    def __str__(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


def dense(channels: int, height: int = 1, width: int = 1) -> FeatureMap:
    """A feature map with a buffer of its own."""
    return FeatureMap(channels, height, width, View(channels))


@dataclass(frozen=True)
class Tile:
    """What one program computes: `m` pixels x `n` channels, in steps of `k` products."""

    m: int
    n: int
    k: int = 1
    warps: int = 4
    stages: int = 1


@dataclass(frozen=True, kw_only=True)
class Layer(Kernel):
    """A kernel from `x` to `y`; `label` ends its name and says what the epilogue does."""

    x: FeatureMap
    y: FeatureMap
    precision: Precision
    epilogue: Epilogue = IDENTITY
    label: str = ""

    @property
    def dtype(self) -> Dtype:
        """How `x`, `y`, the weights and the epilogue's tensors are stored."""
        return "float32" if self.precision == "tf32" else self.precision

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter("x", "input", self.x_dtype),
            *(Parameter("w", "weight", self.dtype) for _ in self.packing),
            *(Parameter(f"c{i}", "vector", "float32") for i in range(self.epilogue.vectors)),
            *(Parameter(f"t{i}", "tensor", self.dtype) for i in range(len(self.epilogue.tensors))),
            Parameter("y", "output", self.y_dtype),
        )

    @property
    def x_dtype(self) -> Dtype:
        """How the input is stored."""
        return self.dtype

    @property
    def y_dtype(self) -> Dtype:
        """How the output is stored."""
        return self.dtype
