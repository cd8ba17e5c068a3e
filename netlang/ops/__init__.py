"""The operators, one frozen class each, grouped by family, and `OPS`, all of them by name."""

from netlang.ir.op import OPS
from netlang.ops import conv, join, linear, norm, pointwise, pool, shape

__all__ = ["OPS", "conv", "join", "linear", "norm", "pointwise", "pool", "shape"]
