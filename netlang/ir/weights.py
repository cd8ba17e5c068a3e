"""Weights as expressions over a checkpoint.

A graph holds no numbers. A node's weight is either its own (`conv1.weight` in the checkpoint) or,
after a pass, an expression over several: folding a batch norm rewrites the expression, and the
numbers follow when somebody asks. That keeps passes fast, exact (numbers are float64 while they
are combined) and visible in a printed graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


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


# Each computes in float64 whatever it is given, and gives `dtype`. A ufunc converts as it goes:
# there is no float64 array of a large weight.


def _add(a: Array, b: Array, dtype: str) -> Array:
    return _ufunc("add", a, b, dtype)


def _sub(a: Array, b: Array, dtype: str) -> Array:
    return _ufunc("subtract", a, b, dtype)


def _mul(a: Array, b: Array, dtype: str) -> Array:
    return _ufunc("multiply", a, b, dtype)


def _ufunc(name: str, a: Array, b: Array, dtype: str) -> Array:
    import numpy as np

    result = np.empty(np.broadcast_shapes(np.shape(a), np.shape(b)), dtype)
    return getattr(np, name)(a, b, out=result, dtype="float64", casting="same_kind")


def _scale_rows(weight: Array, factor: Array, dtype: str) -> Array:
    return _mul(weight, factor.reshape(-1, *[1] * (weight.ndim - 1)), dtype)


def _scale_columns(weight: Array, factor: Array, dtype: str) -> Array:
    # A linear layer has a column for each pixel of a channel, as a kernel has its taps.
    by_channel = weight.reshape(len(weight), len(factor), -1)
    return _mul(by_channel, factor[:, None], dtype).reshape(weight.shape)


def _sum_rows(weight: Array, dtype: str) -> Array:
    return weight.reshape(len(weight), -1).sum(1, dtype="float64").astype(dtype)


def _inverse_deviation(variance: Array, eps: float, dtype: str) -> Array:
    return (1.0 / (variance.astype("float64") + eps) ** 0.5).astype(dtype)


def _widen(weight: Array, channels: float, dtype: str) -> Array:
    import numpy as np

    after = int(channels) - weight.shape[1]
    wide = np.pad(weight, [(0, 0), (0, after), *[(0, 0)] * (weight.ndim - 2)])
    return wide.astype(dtype, copy=False)


def _as_kernel(weight: Array, height: float, width: float, dtype: str) -> Array:
    """A linear layer over C x height x width as a convolution of that size."""
    kernel = weight.reshape(len(weight), -1, int(height), int(width))
    return kernel.astype(dtype, copy=False)


def _stack(*tensors: Array, dtype: str) -> Array:
    import numpy as np

    return np.concatenate(tensors, dtype=dtype, casting="same_kind")


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
}
"""What a derived weight can be made with."""


def references(expr: Expr | float) -> Iterator[str]:
    """The checkpoint's tensors that an expression reads."""
    if isinstance(expr, Ref):
        yield expr.name
    elif isinstance(expr, Derived):
        for argument in expr.arguments:
            yield from references(argument)


def evaluate(expr: Expr | float, checkpoint: Mapping[str, Array], dtype: str = "float64") -> Any:
    """The numbers of an expression, combined in float64 and given in `dtype`.

    A tensor alone is given as it is. KeyError where the checkpoint lacks one.
    """
    if isinstance(expr, Ref):
        return checkpoint[expr.name]
    if isinstance(expr, Derived):
        arguments = [evaluate(argument, checkpoint) for argument in expr.arguments]
        return FUNCTIONS[expr.function](*arguments, dtype=dtype)
    return expr
