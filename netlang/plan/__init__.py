"""Graph to plan: launches in order, buffers in one arena, weights as kernels read them."""

from netlang.plan.build import plan
from netlang.plan.plan import (
    Argument,
    Buffer,
    Call,
    Constant,
    Counters,
    Function,
    Input,
    Memory,
    Output,
    PackedWeight,
    Plan,
    Scratch,
)

__all__ = [
    "Argument",
    "Buffer",
    "Call",
    "Constant",
    "Counters",
    "Function",
    "Input",
    "Memory",
    "Output",
    "PackedWeight",
    "Plan",
    "Scratch",
    "plan",
]
