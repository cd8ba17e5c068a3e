"""Operators of several inputs."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from netlang import kernels
from netlang.ir.attributes import Size, attribute, integer, size
from netlang.ir.op import Launch, Op, ShapeError, Site, feature_map, op
from netlang.ir.types import TensorType, Types
from netlang.ops.shape import Subsample, ZeroPad
from netlang.ops.value import type_of
from netlang.ops.window import stride_caption

if TYPE_CHECKING:
    from netlang.kernels import Operand


def require_several(inputs: Types, name: str) -> None:
    """Raises `ShapeError` where there is nothing to join."""
    if len(inputs) < 2:
        raise ShapeError(
            f"'{name}' joins two values or more, and gets {len(inputs)}",
            help=f"name the values: from a, b -> {name}",
        )


@op("concat", family="join")
@dataclass(frozen=True)
class Concat(Op):
    """Channels one after the other (Szegedy et al. 2014, section 4)."""

    arity = None
    joins_branches = True

    def infer(self, inputs: Types) -> TensorType:
        require_several(inputs, self.name)
        if len({x.shape[1:] for x in inputs}) > 1:
            raise ShapeError(
                "'concat' needs values of one height and width, and gets "
                + " and ".join(map(str, inputs)),
                help="give every path the same stride and padding",
            )
        channels = sum(x.channels for x in inputs)
        return TensorType((channels, *inputs[0].shape[1:]))

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        import torch

        return torch.cat(list(xs), 1)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        return ov.concat(list(xs), 1)

    def starts(self, inputs: Types) -> tuple[int, ...]:
        return (0, *accumulate(x.channels for x in inputs[:-1]))

    def launches(self, site: Site) -> tuple[Launch, ...]:
        """A copy an input; the planner drops those whose input was written in place."""
        return tuple(
            site.launch(kernels.Copy, y=feature_map(x, site.view.shifted(start)), inputs=(i,))
            for i, (x, start) in enumerate(zip(site.inputs, self.starts(site.inputs), strict=True))
        )


class Elementwise(Op):
    """Combines values of one shape; C x 1 x 1, or a vector of C, is spread over others' pixels."""

    arity = None
    pointwise = True
    joins_branches = True

    def infer(self, inputs: Types) -> TensorType:
        require_several(inputs, self.name)
        largest = max(inputs, key=lambda x: (x.elements, not x.is_flat))
        vector, pixel = (TensorType((largest.channels, *ones)) for ones in ((), (1, 1)))
        spread = () if largest.is_flat else (vector, pixel)
        if any(x not in (largest, *spread) for x in inputs):
            raise ShapeError(
                f"'{self.name}' needs values of one shape, and gets "
                + " and ".join(map(str, inputs)),
                help="change one side until both have the same channels x height x width",
            )
        return largest

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        rank = max(x.dim() for x in xs)
        return reduce(self.function, [x if x.dim() == rank else x[..., None, None] for x in xs])

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        flat = [type_of(x).is_flat for x in xs]
        if not all(flat):
            each = zip(xs, flat, strict=True)
            xs = [ov.unsqueeze(x, [2, 3]).output(0) if is_flat else x for x, is_flat in each]
        return reduce(partial(self.node, ov), xs)

    def scalar(self, xs: Sequence[str], w: Mapping[str, str]) -> str:
        # These commute: with the value so far in front, equal kernels have equal texts.
        return reduce(self.expression, sorted(xs, key=lambda x: x != "v"))

    @abstractmethod
    def function(self, a: Any, b: Any) -> Any:
        """The combination of two torch tensors."""

    @abstractmethod
    def node(self, ov: Any, a: Any, b: Any) -> Any:
        """The combination of two outputs in OpenVINO."""

    @abstractmethod
    def expression(self, a: str, b: str) -> str:
        """The combination of two elements in Triton."""


@op("add", family="join")
@dataclass(frozen=True)
class Add(Elementwise):
    """The sum (He et al. 2015, section 3.2, equation 1)."""

    post_op = "add"
    symbol = "+"

    def function(self, a: Any, b: Any) -> Any:
        return a + b

    def node(self, ov: Any, a: Any, b: Any) -> Any:
        return ov.add(a, b)

    def expression(self, a: str, b: str) -> str:
        return f"{a} + {b}"


@op("mul", family="join")
@dataclass(frozen=True)
class Mul(Elementwise):
    """The product."""

    symbol = "×"

    def function(self, a: Any, b: Any) -> Any:
        return a * b

    def node(self, ov: Any, a: Any, b: Any) -> Any:
        return ov.multiply(a, b)

    def expression(self, a: str, b: str) -> str:
        return f"{a} * {b}"


@op("max", family="join")
@dataclass(frozen=True)
class Max(Elementwise):
    """The larger of two."""

    def function(self, a: Any, b: Any) -> Any:
        return a.maximum(b)

    def node(self, ov: Any, a: Any, b: Any) -> Any:
        return ov.maximum(a, b)

    def expression(self, a: str, b: str) -> str:
        return f"maximum({a}, {b})"


@op("shortcut_add", family="join")
@dataclass(frozen=True)
class ShortcutAdd(Op):
    """The sum with a shortcut of option A (He et al. 2015, section 3.3), which it reads in place.

    `shortcut_add(%v, %x)` is `add(%v, zero_pad(subsample(%x)))`.
    """

    arity = None
    pointwise = True
    symbol = "+"
    stride: Size = attribute(size(), (1, 1))
    before: int = attribute(integer(0), 0)
    after: int = attribute(integer(0), 0)

    @property
    def around(self) -> tuple[Op, ...]:
        """What the second input goes through on its way to the sum."""
        sampled = (Subsample(self.stride),) if self.stride != (1, 1) else ()
        return *sampled, ZeroPad(self.before, self.after)

    def infer(self, inputs: Types) -> TensorType:
        if len(inputs) != 2:
            raise ShapeError(
                f"'{self.name}' joins two values, and gets {len(inputs)}",
                help=f"name the value, then its shortcut: from a, b -> {self.name}",
            )
        v, x = inputs
        around = reduce(lambda x, each: each.infer((x,)), self.around, x)
        if around != v:
            raise ShapeError(
                f"'{self.name}' makes {around} of its shortcut, and adds it to {v}",
                help="choose 'stride', 'before' and 'after' so that both are of one shape",
            )
        return v

    def reads(self, inputs: Types, output: TensorType) -> tuple[int, ...]:
        v, x = inputs
        return v.elements, x.channels * v.height * v.width

    @property
    def caption(self) -> str:
        return ", ".join(["add", *stride_caption(self.stride)])

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        v, x = xs
        return v + reduce(lambda x, each: each.torch(F, (x,), w, training), self.around, x)

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        v, x = xs
        for each in self.around:
            x = each.openvino(ov, (x,), w).output(0)
        return ov.add(v, x)

    def scalar(self, xs: Sequence[str], w: Mapping[str, str]) -> str:
        return Add().scalar(xs, w)

    def operand(self, site: Site, position: int) -> Operand:
        if position == 0:
            return super().operand(site, position)
        x = site.x(position)
        sampled = kernels.Sampled(x.channels, x.height, x.width, self.stride, self.before)
        return kernels.Operand(x.view, sampled=sampled)
