"""The skip path of a residual block (He et al. 2015, section 3.3, options A to C)."""

from __future__ import annotations

from collections.abc import Callable

from netlang.diagnostic import Diagnostic, Label, NetError, Span
from netlang.ir.graph import Node
from netlang.ir.op import Op
from netlang.ops.conv import Conv
from netlang.ops.norm import BatchNorm
from netlang.ops.shape import Subsample, ZeroPad

MODES = ("identity", "A", "B", "C")

Make = Callable[[str, Op, Node], Node]
"""Adds a layer of a given name behind a node."""


def skip(mode: str, x: Node, y: Node, where: Span, make: Make) -> Node:
    """What is added to `y`, the body's result, given `x`, the value that flows into both.

    `identity` is `x` itself. `A` takes every n-th row and column and appends channels of zeros at
    the end; `B` projects with a 1x1 convolution and a batch norm where the shape changes; `C`
    always does.
    """
    if mode != "C" and x.type == y.type:
        return x
    if mode == "identity":
        raise _mismatch(
            "an identity shortcut keeps the shape, and the body changes it", x, y, where
        )
    stride = _stride(x, y, where)
    if mode == "A":
        return _appended(x, y, stride, where, make)
    projection = Conv((1, 1), y.type.channels, stride, bias=False)
    return make("projection.bn", BatchNorm(), make("projection.conv", projection, x))


def _appended(x: Node, y: Node, stride: tuple[int, int], where: Span, make: Make) -> Node:
    zeros = y.type.channels - x.type.channels
    if zeros < 0:
        raise _mismatch("option A appends channels, and the body has fewer", x, y, where)
    kept = x if stride == (1, 1) else make("subsample", Subsample(stride), x)
    return make("zero_pad", ZeroPad(0, zeros), kept) if zeros else kept


def _stride(x: Node, y: Node, where: Span) -> tuple[int, int]:
    """How many rows and columns of `x` there are to one of `y`."""
    if x.type.is_flat or y.type.is_flat:
        raise _mismatch("a projection needs channels x height x width", x, y, where)
    stride = -(-x.type.height // y.type.height), -(-x.type.width // y.type.width)
    reached = -(-x.type.height // stride[0]), -(-x.type.width // stride[1])
    if reached != y.type.shape[1:]:
        raise _mismatch("no stride takes the one shape to the other", x, y, where)
    return stride


def _mismatch(reason: str, x: Node, y: Node, where: Span) -> NetError:
    return NetError(
        Diagnostic(
            f"the shortcut's {x.type} does not match the body's {y.type}: {reason}",
            where,
            "",
            "use option A, B or C, spell the way with 'via { … }', or mend the stride and pad",
            tuple(Label(n.origin[0].span, f"{n.type} comes from here") for n in (x, y)),
        )
    )
