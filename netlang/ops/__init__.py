"""The operators, one frozen class each, grouped by family.

Importing this package fills `netlang.ir.op.OPS`.
"""

from netlang.ops import conv, join, linear, norm, pointwise, pool, shape

__all__ = ["conv", "join", "linear", "norm", "pointwise", "pool", "shape"]
