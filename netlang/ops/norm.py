"""Normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang import kernels
from netlang.ir.attributes import attribute, integer, number, word
from netlang.ir.op import Launch, Op, Site, Weight, op
from netlang.ir.types import TensorType, Types
from netlang.ops.value import channel_vector, like, type_of


def per_channel(vector: Any, x: Any) -> Any:
    """A torch vector of one number a channel, shaped to broadcast over `x`."""
    return vector.reshape(-1, *[1] * (x.dim() - 2))


@op("bn", family="norm")
@dataclass(frozen=True)
class BatchNorm(Op):
    """Batch normalization (Ioffe and Szegedy 2015; He et al. 2015, section 3.4).

    `momentum` weighs the new statistic, as in torch; Caffe's weighs the old one.
    """

    eps: float = attribute(number(0), 1e-5)
    momentum: float = attribute(number(0, 1), 0.1)

    def infer(self, inputs: Types) -> TensorType:
        return inputs[0]

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        shape = (inputs[0].channels,)
        return {
            "weight": Weight(shape, "ones"),
            "bias": Weight(shape, "zeros"),
            "running_mean": Weight(shape, "zeros", trainable=False),
            "running_var": Weight(shape, "ones", trainable=False),
        }

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        statistics = w["running_mean"], w["running_var"]
        return F.batch_norm(
            xs[0], *statistics, w["weight"], w["bias"], training, self.momentum, self.eps
        )

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        statistics = w["running_mean"], w["running_var"]
        return ov.batch_norm_inference(xs[0], w["weight"], w["bias"], *statistics, self.eps)

    def is_affine(self, inputs: Types) -> bool:
        return True

    def launches(self, site: Site) -> tuple[Launch, ...]:
        # For graphs that no pass has touched; `fold_bn` leaves no batch norm.
        step = f"(v - c2) / tl.sqrt(c3 + {self.eps}) * c0 + c1"
        slots = ("weight", "bias", "running_mean", "running_var")
        epilogue = kernels.Epilogue((step,), vectors=len(slots))
        return (site.launch(kernels.Pointwise, weights=slots, epilogue=epilogue, label="bn"),)


@op("affine", family="norm")
@dataclass(frozen=True)
class Affine(Op):
    """A scale and a shift for each channel: what a batch norm is at inference."""

    pointwise = True

    def infer(self, inputs: Types) -> TensorType:
        return inputs[0]

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        shape = (inputs[0].channels,)
        return {"scale": Weight(shape, "ones"), "shift": Weight(shape, "zeros")}

    def is_affine(self, inputs: Types) -> bool:
        return True

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        (x,) = xs
        return x * per_channel(w["scale"], x) + per_channel(w["shift"], x)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        scale, shift = (channel_vector(ov, w[slot], xs[0]) for slot in ("scale", "shift"))
        return ov.add(ov.multiply(xs[0], scale), shift)

    def scalar(self, xs: Sequence[str], w: Mapping[str, str]) -> str:
        return f"{xs[0]} * {w['scale']} + {w['shift']}"


@op("lrn", family="norm")
@dataclass(frozen=True)
class LRN(Op):
    """Local response normalization across channels (Krizhevsky et al. 2012, section 3.3).

    Divides by (k + alpha * S)^beta, where S is the sum of the squares of `size` neighbouring
    channels: the paper's. `over=mean` takes their mean instead, as Caffe and torch do.
    """

    hosts_epilogue = True
    size: int = attribute(integer(1), 5)
    alpha: float = attribute(number(0), 1e-4)
    beta: float = attribute(number(0), 0.75)
    k: float = attribute(number(0), 2.0)
    over: str = attribute(word("sum", "mean"), "sum")

    @property
    def alpha_of_sum(self) -> float:
        """What the sum of the squares is multiplied by."""
        return self.alpha if self.over == "sum" else self.alpha / self.size

    def infer(self, inputs: Types) -> TensorType:
        return inputs[0]

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        (x,) = xs
        # Ten times as fast as torch's own on a CPU, which pools a volume for it. Memory is taken
        # as seldom as gradients allow: the system's zeroes take longer than the arithmetic. Into
        # parts of a value nothing is written: an exporter makes a scatter of that.
        ahead = self.size // 2
        pixels = [0, 0] * (x.dim() - 2)
        parts = x.square().mul_(self.alpha_of_sum)
        parts = F.pad(parts, (*pixels, ahead, self.size - 1 - ahead))
        total = parts.narrow(1, 0, x.shape[1]) + self.k
        for first in range(1, self.size):
            total.add_(parts.narrow(1, first, x.shape[1]))
        if self.beta == 0.75:  # the papers'
            root = total.rsqrt_()
            return (x * root).mul_(root.sqrt())
        # A power takes twice as long as its logarithm and exponential do.
        return x * total.log().mul_(-self.beta).exp_()

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        (x,) = xs
        # OpenVINO divides alpha by the window; the paper does not.
        alpha = self.alpha_of_sum * self.size
        # Its windows are odd, and its plugin for CPUs cuts k to a whole number.
        if self.size % 2 and self.k == int(self.k):
            return ov.lrn(x, [1], alpha, self.beta, self.k, self.size)
        # Of any other, a mean of squares is a pool's.
        shape, ahead = type_of(x).shape, self.size // 2
        squares = ov.reshape(ov.multiply(x, x), [0, 1, shape[0], -1], True)
        pads = (ahead, 0), (self.size - 1 - ahead, 0)
        mean = ov.reshape(
            ov.avg_pool(squares, (1, 1), *pads, (self.size, 1), False), [0, *shape], True
        )
        base = ov.add(ov.multiply(mean, like(ov, alpha, x)), like(ov, self.k, x))
        return ov.multiply(x, ov.power(base, like(ov, -self.beta, x)))

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return (
            site.launch(
                kernels.LRN, size=self.size, alpha=self.alpha_of_sum, beta=self.beta, k=self.k
            ),
        )


@op("softmax", family="norm")
@dataclass(frozen=True)
class Softmax(Op):
    """Softmax over the channels."""

    hosts_epilogue = True

    def infer(self, inputs: Types) -> TensorType:
        return inputs[0]

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        return F.softmax(xs[0], 1)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return ov.softmax(xs[0], 1)

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        return True

    def launches(self, site: Site) -> tuple[Launch, ...]:
        return (site.launch(kernels.Softmax),)
