"""Functions of one element; each can be fused into the epilogue of the operator before it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang.ir.attributes import attribute, number, word
from netlang.ir.op import Op, op
from netlang.ir.types import TensorType, Types
from netlang.ops.value import like


class Pointwise(Op):
    """A function of one element: in torch, and as a Triton expression."""

    pointwise = True

    def infer(self, inputs: Types) -> TensorType:
        return inputs[0]

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return self.function(F, xs[0])

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return self.node(ov, xs[0])

    def scalar(self, xs: Sequence[str], w: Mapping[str, str]) -> str:
        return self.expression(xs[0])

    @abstractmethod
    def function(self, F: Any, x: Any) -> Any:
        """The function in torch."""

    @abstractmethod
    def node(self, ov: Any, x: Any) -> Any:
        """The function in OpenVINO."""

    @abstractmethod
    def expression(self, x: str) -> str:
        """The function in Triton; `x` is a name, so it may stand more than once."""


@op("scale", family="pointwise")
@dataclass(frozen=True)
class Scale(Pointwise):
    """factor * x."""

    factor: float = attribute(number())

    def is_identity(self, inputs: Types) -> bool:
        return self.factor == 1

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return self.factor >= 0 and all(inputs)

    def is_affine(self, inputs: Types) -> bool:
        return True

    def function(self, F: Any, x: Any) -> Any:
        return x * self.factor

    def node(self, ov: Any, x: Any) -> Any:
        return ov.multiply(x, like(ov, self.factor, x))

    def expression(self, x: str) -> str:
        return f"{x} * {self.factor}"


@op("dropout", family="pointwise")
@dataclass(frozen=True)
class Dropout(Pointwise):
    """Zeroes a share `rate` in training (Krizhevsky et al. 2012, section 4.2).

    `scale=test` is the paper's: at inference the output is multiplied by the share that is kept.
    `scale=train` divides by it in training instead, which has the same expectation and leaves
    nothing to do at inference.
    """

    rate: float = attribute(number(0, 1), 0.5)
    scale: str = attribute(word("train", "test"), "train")

    @property
    def at_inference(self) -> Scale:
        """What it does there."""
        return Scale(1.0 if self.scale == "train" else 1.0 - self.rate)

    def is_identity(self, inputs: Types) -> bool:
        return self.at_inference.is_identity(inputs)

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return self.at_inference.is_nonnegative(inputs)

    def is_affine(self, inputs: Types) -> bool:
        return True

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        dropped = F.dropout(xs[0], self.rate, training)
        # torch's scales in training, which the factor undoes: the mask is left.
        return dropped if self.scale == "train" else self.function(F, dropped)

    def function(self, F: Any, x: Any) -> Any:
        return self.at_inference.function(F, x)

    def node(self, ov: Any, x: Any) -> Any:
        return self.at_inference.node(ov, x)

    def expression(self, x: str) -> str:
        return self.at_inference.expression(x)


@op("relu", family="pointwise")
@dataclass(frozen=True)
class ReLU(Pointwise):
    """max(0, x) (Krizhevsky et al. 2012, section 3.1)."""

    monotone = True
    post_op = "relu"

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return True

    def function(self, F: Any, x: Any) -> Any:
        return F.relu(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.relu(x)

    def expression(self, x: str) -> str:
        return f"maximum({x}, 0.0)"


@op("relu6", family="pointwise")
@dataclass(frozen=True)
class ReLU6(Pointwise):
    """min(max(0, x), 6)."""

    monotone = True

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return True

    def function(self, F: Any, x: Any) -> Any:
        return F.relu6(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.clamp(x, 0.0, 6.0)

    def expression(self, x: str) -> str:
        return _clipped(x)


@op("leaky_relu", family="pointwise")
@dataclass(frozen=True)
class LeakyReLU(Pointwise):
    """x, and where that is negative `slope` times x (Maas et al. 2013, section 2)."""

    monotone = True
    slope: float = attribute(number(0), 0.01)

    @property
    def caption(self) -> str:
        return f"leaky relu, {self.slope:g}"

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return self.slope == 0 or all(inputs)

    def function(self, F: Any, x: Any) -> Any:
        return F.leaky_relu(x, self.slope)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.prelu(x, like(ov, self.slope, x))

    def expression(self, x: str) -> str:
        return f"maximum({x}, 0.0) + {self.slope} * minimum({x}, 0.0)"


@op("elu", family="pointwise")
@dataclass(frozen=True)
class ELU(Pointwise):
    """x, and where that is negative alpha * (exp(x) - 1) (Clevert et al. 2015, section 3)."""

    monotone = True
    alpha: float = attribute(number(0), 1.0)

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return all(inputs)

    def function(self, F: Any, x: Any) -> Any:
        return F.elu(x, self.alpha)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.elu(x, self.alpha)

    def expression(self, x: str) -> str:
        return f"maximum({x}, 0.0) + {self.alpha} * (tl.exp(minimum({x}, 0.0)) - 1.0)"


@op("gelu", family="pointwise")
@dataclass(frozen=True)
class GELU(Pointwise):
    """x times the normal distribution function of x (Hendrycks and Gimpel 2016, section 2)."""

    def function(self, F: Any, x: Any) -> Any:
        return F.gelu(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.gelu(x, "erf")

    def expression(self, x: str) -> str:
        return f"0.5 * {x} * (1.0 + tl.erf({x} * {0.5**0.5}))"


@op("sigmoid", family="pointwise")
@dataclass(frozen=True)
class Sigmoid(Pointwise):
    """1 / (1 + exp(-x))."""

    monotone = True
    post_op = "sigmoid"

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return True

    def function(self, F: Any, x: Any) -> Any:
        return F.sigmoid(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.sigmoid(x)

    def expression(self, x: str) -> str:
        return f"tl.sigmoid({x})"


@op("hardsigmoid", family="pointwise")
@dataclass(frozen=True)
class HardSigmoid(Pointwise):
    """relu6(x + 3) / 6 (Howard et al. 2019, MobileNetV3, section 5.2)."""

    monotone = True

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return True

    def function(self, F: Any, x: Any) -> Any:
        return F.hardsigmoid(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.hsigmoid(x)

    def expression(self, x: str) -> str:
        return f"{_clipped(f'{x} + 3.0')} / 6.0"


@op("tanh", family="pointwise")
@dataclass(frozen=True)
class Tanh(Pointwise):
    """The hyperbolic tangent; Triton spells it with a sigmoid."""

    monotone = True
    post_op = "tanh"

    def function(self, F: Any, x: Any) -> Any:
        return F.tanh(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.tanh(x)

    def expression(self, x: str) -> str:
        return f"2.0 * tl.sigmoid(2.0 * {x}) - 1.0"


@op("swish", family="pointwise")
@dataclass(frozen=True)
class Swish(Pointwise):
    """x * sigmoid(x), also called SiLU."""

    post_op = "swish"

    def function(self, F: Any, x: Any) -> Any:
        return F.silu(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.swish(x)

    def expression(self, x: str) -> str:
        return f"{x} * tl.sigmoid({x})"


@op("hardswish", family="pointwise")
@dataclass(frozen=True)
class HardSwish(Pointwise):
    """x * relu6(x + 3) / 6."""

    post_op = "hardswish"

    def function(self, F: Any, x: Any) -> Any:
        return F.hardswish(x)

    def node(self, ov: Any, x: Any) -> Any:
        return ov.hswish(x)

    def expression(self, x: str) -> str:
        return f"{x} * {_clipped(f'{x} + 3.0')} / 6.0"


def _clipped(x: str) -> str:
    """What ReLU6 makes of an expression."""
    return f"minimum(maximum({x}, 0.0), 6.0)"
