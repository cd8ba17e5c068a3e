"""Weights as expressions over a checkpoint.

A graph holds no numbers. A node's weight is either its own (`conv1.weight` in the checkpoint) or,
after a pass, an expression over several: folding a batch norm rewrites the expression, and the
numbers follow when somebody asks. That keeps passes fast, exact (numbers are float64 while they
are combined) and visible in a printed graph.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netlang.ground.arrays import Array


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor of the checkpoint."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Derived:
    """A function of `FUNCTIONS` applied to expressions and numbers."""

    function: str
    arguments: tuple[Expr | float, ...]

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


Expr = Ref | Derived

DEEPEST = 180
"""How deep functions nest at most: what reads, prints and evaluates them is recursive."""


def depth(expr: Expr | float) -> int:
    """How deep the functions of an expression nest."""
    return 1 + max(map(depth, expr.arguments)) if isinstance(expr, Derived) else 0


# Each gives an array of float64, or fills `out`, whatever type that has. What a weight is scaled by
# is combined in float64; a large weight itself is multiplied in its own precision, which rounds it
# once more and is several times faster.


def _add(a: Array, b: Array, out: Array | None) -> Array:
    return _into(out, a.astype("float64") + b)


def _sub(a: Array, b: Array, out: Array | None) -> Array:
    return _into(out, a.astype("float64") - b)


def _mul(a: Array, b: Array, out: Array | None) -> Array:
    import numpy as np

    dtype = "float64" if out is None else out.dtype
    return np.multiply(np.asarray(a, dtype), np.asarray(b, dtype), out=out)


def _scale_rows(weight: Array, factor: Array, out: Array | None) -> Array:
    return _mul(weight, factor.reshape(-1, *[1] * (weight.ndim - 1)), out)


def _scale_columns(weight: Array, factor: Array, out: Array | None) -> Array:
    # A linear layer has a column for each pixel of a channel, as a kernel has its taps.
    by_channel = len(weight), len(factor), -1
    place = None if out is None else out.reshape(by_channel)
    return _mul(weight.reshape(by_channel), factor[:, None], place).reshape(weight.shape)


def _sum_rows(weight: Array, out: Array | None) -> Array:
    return _into(out, weight.reshape(len(weight), -1).sum(1, dtype="float64"))


def _inverse_deviation(variance: Array, eps: float, out: Array | None) -> Array:
    return _into(out, 1.0 / (variance.astype("float64") + eps) ** 0.5)


def _widen(weight: Array, channels: float, out: Array | None) -> Array:
    import numpy as np

    after = int(channels) - weight.shape[1]
    return _into(out, np.pad(weight, [(0, 0), (0, after), *[(0, 0)] * (weight.ndim - 2)]))


def _as_kernel(weight: Array, height: float, width: float, out: Array | None) -> Array:
    """A linear layer over C x height x width as a convolution of that size."""
    return _into(out, weight.reshape(len(weight), -1, int(height), int(width)))


def _tf32(weight: Array, out: Array | None) -> Array:
    """Rounded to the ten bits of a tf32 mantissa, the nearest way, as kernels round what they
    write: a tensor core drops the other bits."""
    bits = weight.astype("float32").view("int32")
    return _into(out, ((bits + (1 << 12)) & -(1 << 13)).view("float32"))


def _stack(*tensors: Array, out: Array | None) -> Array:
    import numpy as np

    return _into(out, np.concatenate(tensors))


def _into(out: Array | None, numbers: Array) -> Array:
    if out is None:
        return numbers
    out[...] = numbers
    return out


FUNCTIONS: dict[str, Callable[..., Array]] = {
    "add": _add,
    "sub": _sub,
    "mul": _mul,
    "scale_rows": _scale_rows,
    "scale_columns": _scale_columns,
    "sum_rows": _sum_rows,
    "inverse_deviation": _inverse_deviation,
    "stack": _stack,
    "widen": _widen,
    "as_kernel": _as_kernel,
    "tf32": _tf32,
}
"""What a derived weight can be made with."""


def evaluate(expr: Expr | float, checkpoint: Mapping[str, Array], out: Array | None = None) -> Any:
    """The numbers of an expression in float64, or in the array `out`.

    A tensor alone is given as it is. KeyError where the checkpoint lacks one.
    """
    if isinstance(expr, Ref):
        return checkpoint[expr.name]
    if isinstance(expr, Derived):
        arguments = [evaluate(argument, checkpoint) for argument in expr.arguments]
        return FUNCTIONS[expr.function](*arguments, out=out)
    return expr
