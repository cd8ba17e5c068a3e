"""Sliding windows: what conv and the pools share."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from netlang.ground.integers import ceil_div
from netlang.ground.reach import Reach
from netlang.ir.attributes import Size, either, show, size, word
from netlang.ir.op import Op, ShapeError
from netlang.ir.types import TensorType, Types

Pad = Size | Literal["half", "same"]

PADDING = either(word("half", "same"), size(minimum=0))
"""`half` the kernel on each side, TensorFlow's `same`, or rows x columns on each side."""


@dataclass(frozen=True)
class Axis:
    """A window along one axis: `kernel` is its reach, dilation counted in."""

    kernel: int
    stride: int
    before: int
    after: int
    output: int

    @property
    def is_symmetric(self) -> bool:
        """Whether both sides are padded alike."""
        return self.before == self.after

    @property
    def is_point(self) -> bool:
        """Whether the windows are every `stride`-th element, from the first on."""
        return self.kernel == 1 and self.before == 0

    @property
    def is_padded(self) -> bool:
        """Whether windows may reach over the input's edges into padding."""
        return self.before > 0 or self.after > 0

    @property
    def starts(self) -> range:
        """Where each window begins in the input; below zero in the padding ahead of it."""
        return range(-self.before, self.output * self.stride - self.before, self.stride)

    def behind(self, length: int) -> int:
        """How far the last window reaches over the end of an input."""
        return max(0, self.starts[-1] + self.kernel - length)

    @property
    def is_pixelwise(self) -> bool:
        """Whether there is a window for each pixel, which holds that pixel alone."""
        return self.kernel == self.stride == 1 and not self.is_padded


class Windowed(Op):
    """An operator of one image each of whose results comes of one window of it."""

    @abstractmethod
    def windows(self, x: TensorType) -> tuple[Axis, Axis]:
        """The window along height and width over an input."""

    def reads(self, inputs: Types, output: TensorType) -> tuple[int, ...]:
        (x,) = inputs
        rows, columns = self.windows(x)
        return (x.channels * _covered(rows, x.height) * _covered(columns, x.width),)

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        rows, columns = self.windows(inputs[0])
        return Reach.of(rows.kernel, rows.stride), Reach.of(columns.kernel, columns.stride)


@lru_cache(maxsize=4096)
def axes(
    x: TensorType,
    kernel: Size,
    stride: Size,
    pad: Pad,
    dilation: Size = (1, 1),
    ceil: bool = False,
) -> tuple[Axis, Axis]:
    """The windows along height and width; raises `ShapeError` where the kernel does not fit."""
    reach = (dilation[0] * (kernel[0] - 1) + 1, dilation[1] * (kernel[1] - 1) + 1)
    if pad == "half":
        pad = (reach[0] // 2, reach[1] // 2)
    sides = [
        _same(length, k, s) if pad == "same" else (int(pad[i]), int(pad[i]))
        for i, (length, k, s) in enumerate(zip((x.height, x.width), reach, stride, strict=True))
    ]
    padded = (x.height + sum(sides[0]), x.width + sum(sides[1]))
    if reach[0] > padded[0] or reach[1] > padded[1]:
        raise ShapeError(
            f"a kernel of {reach[0]}x{reach[1]} does not fit into "
            f"{x.height}x{x.width}" + (f" padded to {padded[0]}x{padded[1]}" if any(pad) else ""),
            attribute="kernel",
            help="use a smaller kernel, or more padding with 'pad='",
        )
    height, width = (
        Axis(k, s, *side, _output(length, k, s, side, ceil))
        for length, k, s, side in zip((x.height, x.width), reach, stride, sides, strict=True)
    )
    return height, width


def _same(length: int, kernel: int, stride: int) -> tuple[int, int]:
    total = max((ceil_div(length, stride) - 1) * stride + kernel - length, 0)
    return total // 2, total - total // 2


def _output(length: int, kernel: int, stride: int, side: tuple[int, int], ceil: bool) -> int:
    room = length + sum(side) - kernel
    output = (ceil_div(room, stride) if ceil else room // stride) + 1
    # A window that would start in the padding behind the input is dropped (torch and Caffe agree).
    return output - 1 if ceil and (output - 1) * stride >= length + side[0] else output


@lru_cache(maxsize=4096)
def _covered(axis: Axis, length: int) -> int:
    """How many of `length` pixels some window covers, the gaps of a dilated one among them."""
    covered = end = 0
    for start in axis.starts:
        first, end = max(start, end), max(end, min(start + axis.kernel, length))
        covered += max(0, end - first)
    return covered


def stride_caption(stride: Size) -> list[str]:
    """`/2`, as the figures of He et al. 2015 write a stride; nothing where it is 1."""
    return [f"/{_short(stride)}"] * (stride != (1, 1))


def dilation_caption(dilation: Size) -> list[str]:
    """`dilation 2`; nothing where it is 1."""
    return [f"dilation {_short(dilation)}"] * (dilation != (1, 1))


def _short(size: Size) -> str:
    """A size by one number where both sides are alike."""
    return str(size[0]) if size[0] == size[1] else show(size)


def require_image(x: TensorType, name: str) -> None:
    """Raises `ShapeError` where a value has channels alone."""
    if x.is_flat:
        raise ShapeError(
            f"'{name}' needs channels x height x width, and gets {x}",
            help=f"put '{name}' ahead of the first 'linear' or 'flatten'",
        )
