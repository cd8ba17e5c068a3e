"""What arrays of numbers are called in types, which load no numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
else:
    Array = Any

Checkpoint = Mapping[str, Array]
"""The weights of a network as it is written, by the names of `netlang.weights.checkpoint`."""
