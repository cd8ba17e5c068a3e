"""What operators ask of a value of an OpenVINO model, N x C x H x W or N x C."""

from __future__ import annotations

from typing import Any

from netlang.ir.types import TensorType


def type_of(x: Any) -> TensorType:
    """The type of an image of a value; how many images there are may be open."""
    shape = x.get_partial_shape()
    return TensorType(tuple(shape[axis].get_length() for axis in range(1, len(shape))))


def like(ov: Any, number: float, x: Any) -> Any:
    """A number of the element type of a value."""
    return ov.constant(number, x.get_element_type())


def channel_vector(ov: Any, vector: Any, x: Any) -> Any:
    """A constant of one number a channel, shaped to broadcast over a value.

    A new one: compiling takes the longer, the more operators there are. `ov.constant` looks through
    all types that it could be given, for longer than to make the rest of a layer.
    """
    numbers = vector.data.reshape(1, -1, *[1] * (len(x.get_partial_shape()) - 2))
    return type(vector)(numbers)
