"""Pointwise: an epilogue with nothing before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from netlang.kernels.layer import Layer
from netlang.kernels.text import load


@dataclass(frozen=True, kw_only=True)
class Pointwise(Layer):
    """The epilogue applied to `x`; `label` begins its name."""

    @property
    def title(self) -> str:
        return str(self.y)

    @property
    def name(self) -> str:
        return f"{self.label or 'identity'}_{self.y}"

    @property
    def replaceable(self) -> tuple[str, ...]:
        return (*(["x"] if self.x == self.y else []), *super().replaceable)

    @property
    def about(self) -> str:
        return f"Pointwise {self.label or 'identity'}: {self.y}."

    def body(self) -> Iterable[str]:
        yield f"v = {load(self.x_pointer(), *self.block.inside)}.to(tl.float32)"
