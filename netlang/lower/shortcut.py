"""The skip path of a residual block (He et al. 2015, section 3.3, options A to C).

`fitting` is that of Sandler et al. 2018, section 3.3: the identity between equal shapes, or none.
"""

from __future__ import annotations

from netlang.ground.integers import ceil_div
from netlang.ir.attributes import Size
from netlang.ir.op import Op, ShapeError
from netlang.ir.types import TensorType
from netlang.ops.conv import Conv
from netlang.ops.norm import BatchNorm
from netlang.ops.shape import Subsample, ZeroPad

MODES = ("identity", "A", "B", "C", "fitting")


def is_left_out(mode: str, x: TensorType, y: TensorType) -> bool:
    """Whether a body that makes `y` of `x` stands alone, without a sum."""
    return mode == "fitting" and x != y


def skip(mode: str, x: TensorType, y: TensorType) -> tuple[str, tuple[Op, ...]]:
    """The layers between `x`, what flows into the body, and the sum with `y`, its result.

    With them goes the name of the scope that they make up, if they do. `identity` has none, nor has
    `fitting`, which is left out where it would need some. `A` takes every n-th row and column and
    appends channels of zeros at the end; `B` projects with a 1x1 convolution and a batch norm where
    the shape changes; `C` always does. Raises `ShapeError`.
    """
    if mode != "C" and x == y:
        return "", ()
    if mode == "identity":
        raise _mismatch("an identity shortcut keeps the shape, and the body changes it", x, y)
    stride = _stride(x, y)
    if mode == "A":
        return "", tuple(_padded(x, y, stride))
    return "projection", (Conv((1, 1), y.channels, stride, bias=False), BatchNorm())


def _padded(x: TensorType, y: TensorType, stride: Size) -> list[Op]:
    if y.channels < x.channels:
        raise _mismatch("option A appends channels, and the body has fewer", x, y)
    kept: list[Op] = [] if stride == (1, 1) else [Subsample(stride)]
    return kept if y.channels == x.channels else [*kept, ZeroPad(0, y.channels - x.channels)]


def _stride(x: TensorType, y: TensorType) -> Size:
    """How many rows and columns of `x` there are to one of `y`."""
    if x.is_flat or y.is_flat:
        raise _mismatch("a projection needs channels x height x width", x, y)
    stride = ceil_div(x.height, y.height), ceil_div(x.width, y.width)
    reached = ceil_div(x.height, stride[0]), ceil_div(x.width, stride[1])
    if reached != y.shape[1:]:
        raise _mismatch("no stride takes the one shape to the other", x, y)
    return stride


def _mismatch(reason: str, x: TensorType, y: TensorType) -> ShapeError:
    return ShapeError(
        f"the shortcut's {x} does not match the body's {y}: {reason}",
        help="use option A, B or C, 'fitting' for none here, or via { … }, or mend stride and pad",
    )
