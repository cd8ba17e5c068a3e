"""What conv and linear share: rows of weights, one an output channel, and a bias."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self, cast

from netlang.ir.op import Op, Weight
from netlang.ir.types import Types


class Product(Op):
    """A product with `weight` (a row for each of `out` channels), plus `bias` where it is on.

    A scale and a shift of the output channels can be folded into it.
    """

    hosts_epilogue = True
    out: int
    bias: bool

    def with_bias(self) -> Self:
        """The same product with its bias on."""
        return replace(cast(Any, self), bias=True)

    def row(self, inputs: Types) -> tuple[int, ...]:
        """The shape of the weights of one output channel."""
        raise NotImplementedError

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        weight = {"weight": Weight((self.out, *self.row(inputs)))}
        return weight | ({"bias": Weight((self.out,), "zeros")} if self.bias else {})
