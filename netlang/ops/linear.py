"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang import kernels
from netlang.ir.attributes import SWITCH, attribute, integer
from netlang.ir.op import Launch, Site, op
from netlang.ir.types import TensorType, Types
from netlang.ops.product import Product
from netlang.ops.value import type_of


@op("linear", family="linear")
@dataclass(frozen=True)
class Linear(Product):
    """A fully connected layer; an image is flattened first, channels outermost.

    Input C x H x W or N, output `out`; the weight is out x C*H*W.
    """

    out: int = attribute(integer(1))
    bias: bool = attribute(SWITCH, True)

    def infer(self, inputs: Types) -> TensorType:
        return TensorType((self.out,))

    @property
    def caption(self) -> str:
        return f"fc {self.out}"

    def row(self, inputs: Types) -> tuple[int, ...]:
        return (inputs[0].elements,)

    def macs(self, inputs: Types, output: TensorType) -> int:
        return self.out * inputs[0].elements

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return F.linear(xs[0].flatten(1), w["weight"], w.get("bias"))

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        x = ov.reshape(xs[0], [0, type_of(xs[0]).elements], True)
        return self.biased(ov, ov.matmul(x, w["weight"], False, True), w)

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return self.product(site, kernels.Linear)
