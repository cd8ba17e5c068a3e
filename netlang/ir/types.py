"""The type of a value: its shape without the batch."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TensorType:
    """Channels x height x width, or channels alone once a value is flat."""

    shape: tuple[int, ...]

    @property
    def channels(self) -> int:
        """Length of the channel axis."""
        return self.shape[0]

    @property
    def height(self) -> int:
        """Rows; 1 where the value is flat."""
        return self.shape[1] if len(self.shape) == 3 else 1

    @property
    def width(self) -> int:
        """Columns; 1 where the value is flat."""
        return self.shape[2] if len(self.shape) == 3 else 1

    @property
    def pixels(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def elements(self) -> int:
        """Numbers an image."""
        return math.prod(self.shape)

    @property
    def is_flat(self) -> bool:
        """Whether the value has channels alone."""
        return len(self.shape) == 1

    def __str__(self) -> str:
        return "x".join(map(str, self.shape))


Types = tuple[TensorType, ...]
