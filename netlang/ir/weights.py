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
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


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


def _add(a: Array, b: Array) -> Array:
    return a + b


def _sub(a: Array, b: Array) -> Array:
    return a - b


def _mul(a: Array, b: Array) -> Array:
    return a * b


def _scale_rows(weight: Array, factor: Array) -> Array:
    return weight * factor.reshape(-1, *[1] * (weight.ndim - 1))


def _scale_columns(weight: Array, factor: Array) -> Array:
    # A linear layer has a column for each pixel of a channel, as a kernel has its taps.
    by_channel = weight.reshape(len(weight), len(factor), -1)
    return (by_channel * factor[:, None]).reshape(weight.shape)


def _sum_rows(weight: Array) -> Array:
    return weight.reshape(len(weight), -1).sum(1)


def _inverse_deviation(variance: Array, eps: float) -> Array:
    return 1.0 / (variance + eps) ** 0.5


def _widen(weight: Array, channels: float) -> Array:
    import numpy as np

    after = int(channels) - weight.shape[1]
    return np.pad(weight, [(0, 0), (0, after), *[(0, 0)] * (weight.ndim - 2)])


def _stack(*tensors: Array) -> Array:
    import numpy as np

    return np.concatenate(tensors)


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
}
"""What a derived weight can be made with; arrays are float64."""


def references(expr: Expr | float) -> Iterator[str]:
    """The checkpoint's tensors that an expression reads."""
    if isinstance(expr, Ref):
        yield expr.name
    elif isinstance(expr, Derived):
        for argument in expr.arguments:
            yield from references(argument)


def evaluate(expr: Expr | float, checkpoint: Mapping[str, Array]) -> Any:
    """The numbers of an expression, float64; KeyError where the checkpoint lacks a tensor."""
    if isinstance(expr, Ref):
        return checkpoint[expr.name].astype("float64")
    if isinstance(expr, Derived):
        return FUNCTIONS[expr.function](*(evaluate(a, checkpoint) for a in expr.arguments))
    return expr
