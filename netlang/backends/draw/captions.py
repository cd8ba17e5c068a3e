"""What an operator says in its box: a composite has a line a part, as the papers list layers.

1x1 conv, 256             7x7 conv, 64, /2, relu       1x1 conv, 176, relu | 3x3 max pool
+ 1x1 conv, 256, /2       3x3 max pool, /2                                 | 1x1 conv, 32, relu
relu
"""

from __future__ import annotations

from netlang.ir.composite import Composite, Sum, Together
from netlang.ir.fused import Fused
from netlang.ir.op import Op


def cells(op: Op) -> list[list[str]]:
    """The lines of what is launched together, which stand side by side; else there is one cell."""
    return [lines(part) for part in op.parts] if isinstance(op, Together) else [lines(op)]


def leaves(op: Op) -> list[Op]:
    """The operators that one is made of, but for the steps of an epilogue."""
    match op:
        case Fused(anchor=anchor):
            return leaves(anchor)
        case Composite(parts=parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case _:
            return [op]


def lines(op: Op) -> list[str]:
    """The lines of an operator from top to bottom."""
    match op:
        case Fused(anchor=Composite() as anchor, steps=steps):
            return [*lines(anchor), ", ".join(step.op.caption for step in steps)]
        case Sum(parts=(first, *others)):
            return [first.caption, *(f"+ {other.caption}" for other in others)]
        case Composite(parts=parts):
            return [line for part in parts for line in lines(part)]
        case _:
            return [op.caption]
