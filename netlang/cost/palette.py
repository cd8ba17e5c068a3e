"""A colour a family of operators, dark enough to write on in white."""

from __future__ import annotations

from netlang.ir.op import Family

COLOURS: dict[Family, str] = {
    "conv": "#2166ac",
    "linear": "#a8327d",
    "norm": "#a86a00",
    "pool": "#1a7f5a",
    "pointwise": "#c0432b",
    "join": "#6a51a3",
    "shape": "#666666",
}
