"""What conv and linear share: rows of weights, one an output channel, and a bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

from netlang import kernels
from netlang.ir.op import Launch, Op, Site, Weight
from netlang.ir.types import Types
from netlang.ops.value import channel_vector

if TYPE_CHECKING:
    from netlang.kernels import Layer


class Product(Op):
    """A product with `weight` (a row for each of `out` channels), plus `bias` where it is on.

    Scales and shifts of its channels, those that go in and those that come out, fold into it.
    """

    hosts_epilogue = True
    out: int
    bias: bool

    def with_bias(self) -> Self:
        """The same product with its bias on."""
        return replace(cast(Any, self), bias=True)

    def shift_refusal(self, inputs: Types) -> str:
        """Why a shift of the input's channels is no shift of the output's; empty where it is."""
        return ""

    def row(self, inputs: Types) -> tuple[int, ...]:
        """The shape of the weights of one output channel."""
        raise NotImplementedError

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        weight = {"weight": Weight((self.out, *self.row(inputs)))}
        return weight | ({"bias": Weight((self.out,), "zeros")} if self.bias else {})

    def can_scatter(self, cuts: Sequence[int], inputs: Types) -> bool:
        return True

    def biased(self, ov: Any, y: Any, w: Mapping[str, Any]) -> Any:
        """The product and its bias in OpenVINO."""
        return ov.add(y, channel_vector(ov, w["bias"], y.output(0))) if self.bias else y

    def product(self, site: Site, kernel: type[Layer], /, **fields: Any) -> tuple[Launch, ...]:
        """The launch of a kernel of the product; the bias opens its epilogue."""
        bias = kernels.Epilogue(("v + c0",), vectors=1) if self.bias else kernels.Epilogue()
        return (
            site.launch(
                kernel,
                weights=("weight", "bias") if self.bias else ("weight",),
                epilogue=bias.then(site.epilogue),
                batch=site.batch,
                **fields,
            ),
        )
