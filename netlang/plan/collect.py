"""Kernels and packed weights, each once however many launches want it."""

from __future__ import annotations

from collections.abc import Sequence

from netlang.ir.weights import Expr
from netlang.kernels import Kernel, Packing
from netlang.kernels.precision import Dtype
from netlang.plan.plan import Constant, Function, PackedWeight


class Functions:
    """The distinct kernels of a plan; those that share a name are numbered from the second on."""

    def __init__(self) -> None:
        self._names: dict[Kernel, str] = {}
        self._layers: dict[Kernel, list[str]] = {}
        self._numbers: dict[str, int] = {}

    def use(self, kernel: Kernel, layer: str) -> str:
        """The name of the function of a kernel, which a layer launches."""
        if kernel not in self._names:
            name = kernel.name
            number = self._numbers[name] = self._numbers.get(name, 0) + 1
            # Two underscores: no kernel's own name has them.
            self._names[kernel] = name if number == 1 else f"{name}__{number}"
            self._layers[kernel] = []
        self._layers[kernel].append(layer)
        return self._names[kernel]

    def all(self) -> tuple[Function, ...]:
        """The kernels in the order of their first use."""
        return tuple(
            Function(name, kernel, tuple(self._layers[kernel]))
            for kernel, name in self._names.items()
        )


class PackedWeights:
    """The weights of a plan: one expression in one layout is stored once."""

    def __init__(self) -> None:
        self._weights: dict[tuple[Expr, Packing | None, Dtype], PackedWeight] = {}

    def use(
        self, name: str, expr: Expr, packing: Packing | None, dtype: Dtype, shape: Sequence[int]
    ) -> Constant:
        """A weight as an argument; `name` is what it is called if it is new."""
        key = expr, packing, dtype
        if key not in self._weights:
            if packing:
                shape = [packing.shape[axis] for axis in packing.order]
            self._weights[key] = PackedWeight(name, tuple(shape), expr, packing, dtype)
        return Constant(self._weights[key].name)

    def all(self) -> tuple[PackedWeight, ...]:
        """The weights in the order of their first use."""
        return tuple(self._weights.values())
