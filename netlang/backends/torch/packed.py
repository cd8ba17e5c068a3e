"""Convolutions and linear layers with what follows them, as one call of oneDNN.

Weights lie in the order in which its kernels read them, once and for all. These calls are what
torch.compile makes on a CPU; they are no part of torch's public face, so they are looked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from netlang.ir.fused import FLOWING, anchor_of, steps_of
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ops.conv import Conv
from netlang.ops.linear import Linear

ONEDNN: Any = torch.ops.mkldnn

NEEDED = (
    "_convolution_pointwise",
    "_convolution_pointwise_",
    "_linear_pointwise",
    "_reorder_convolution_weight",
    "_reorder_linear_weight",
)

FUNCTIONS = ("relu", "sigmoid", "tanh", "swish", "hardswish")
"""The functions of one element that oneDNN's calls know."""

BEHIND_A_SUM = ("relu",)
"""Those of them that the calls know behind a sum."""

Function = Callable[..., Tensor]
"""From the inputs of a node to its result."""


def can_pack() -> bool:
    """Whether this torch has what packing takes."""
    return torch.backends.mkldnn.is_available() and all(hasattr(ONEDNN, n) for n in NEEDED)


@dataclass(frozen=True)
class Tail:
    """The first `steps` of an epilogue: a sum, if any, then a function of one element, if any.

    `operand` is the position of what is added among the node's inputs, or None.
    """

    steps: int
    operand: int | None
    function: str


def tail(op: Op, inputs: Types, output: TensorType) -> Tail:
    """As many steps as oneDNN computes on the way."""
    names = [step.op.post_op for step in steps_of(op)]
    operand = None
    if names[:1] == ["add"]:
        others = [i for i in steps_of(op)[0].operands if i != FLOWING]
        operand = others[0] if len(others) == 1 and inputs[others[0]] == output else None
    done = 0 if operand is None else 1
    if names[done:] and names[done] in (FUNCTIONS if operand is None else BEHIND_A_SUM):
        return Tail(done + 1, operand, names[done])
    return Tail(done, operand, "none")


def packed(
    op: Op, inputs: Types, w: Mapping[str, Tensor], tail: Tail, batch: int, overwrites: bool
) -> Function | None:
    """A product and its tail; None where oneDNN has no such.

    It is right at any batch, and packed for `batch`. With `overwrites` the sum goes into the memory
    of what is added, which nobody reads any more.
    """
    product = anchor_of(op)
    if isinstance(product, Conv):
        image = inputs[0]
        is_even = all(axis.is_symmetric for axis in product.windows(image))
        if not is_even or product.confuses_onednn(image):
            return None
        return _conv(product, inputs[0], w, tail, batch, overwrites)
    if isinstance(product, Linear) and tail.operand is None:
        return _linear(w, tail, batch)
    return None


def _conv(
    conv: Conv, x: TensorType, w: Mapping[str, Tensor], tail: Tail, batch: int, overwrites: bool
) -> Function:
    pad = [axis.before for axis in conv.windows(x)]
    window = pad, list(conv.stride), list(conv.dilation), conv.groups
    weight = ONEDNN._reorder_convolution_weight(w["weight"], *window, [batch, *x.shape])
    own = weight, w.get("bias"), *window
    at = tail.operand
    if at is None:
        return lambda *xs: ONEDNN._convolution_pointwise(xs[0], *own, tail.function, [], "")
    function = None if tail.function == "none" else tail.function
    added = *own, "add", 1.0, function, [], ""
    if overwrites:
        return lambda *xs: ONEDNN._convolution_pointwise_.binary(xs[at], xs[0], *added)
    return lambda *xs: ONEDNN._convolution_pointwise.binary(xs[0], xs[at], *added)


def _linear(w: Mapping[str, Tensor], tail: Tail, batch: int) -> Function:
    own = ONEDNN._reorder_linear_weight(w["weight"], batch), w.get("bias")
    return lambda *xs: ONEDNN._linear_pointwise(xs[0].flatten(1), *own, tail.function, [], "")
