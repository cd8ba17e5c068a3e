"""An operator with the pointwise operators behind it: one kernel, one trip to memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netlang.ir.op import Op, ShapeError, Weight
from netlang.ir.types import TensorType, Types

FLOWING = -1
"""The operand of a step that is the value computed so far."""


@dataclass(frozen=True)
class Step:
    """A pointwise operator of an epilogue.

    `operands` are its inputs in order: `FLOWING`, or the position of an input of the fused node.
    """

    op: Op
    operands: tuple[int, ...]

    def pick(self, flowing: Any, inputs: Sequence[Any]) -> list[Any]:
        """The operands' values, given the flowing one and the node's inputs."""
        return [flowing if i == FLOWING else inputs[i] for i in self.operands]


@dataclass(frozen=True)
class Fused(Op):
    """`anchor`, then each step in turn. The node's inputs are the anchor's, then the steps'.

    A step's weights have its number, from 1, ahead of their slot: `2.scale`.
    """

    anchor: Op
    steps: tuple[Step, ...]
    anchor_arity: int = 1

    @property
    def family(self) -> Any:  # type: ignore[override]
        return self.anchor.family

    @property
    def name(self) -> str:  # type: ignore[override]
        return self.anchor.name

    def infer(self, inputs: Types) -> TensorType:
        flowing = self.anchor.infer(inputs[: self.anchor_arity])
        for step in self.steps:
            output = step.op.infer(tuple(step.pick(flowing, inputs)))
            if output != flowing:
                raise ShapeError(f"'{step.op.name}' turns {flowing} into {output} in an epilogue")
        return flowing

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        weights = dict(self.anchor.weights(inputs[: self.anchor_arity]))
        flowing = self.anchor.infer(inputs[: self.anchor_arity])
        for number, step in enumerate(self.steps, 1):
            owned = step.op.weights(tuple(step.pick(flowing, inputs)))
            weights |= {f"{number}.{slot}": weight for slot, weight in owned.items()}
        return weights

    def macs(self, inputs: Types, output: TensorType) -> int:
        return self.anchor.macs(inputs[: self.anchor_arity], output)

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        flowing = self.anchor.torch(F, xs[: self.anchor_arity], w, training)
        for step, own in zip(self.steps, self._own(w), strict=True):
            flowing = step.op.torch(F, step.pick(flowing, xs), own, training)
        return flowing

    def _own(self, w: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for number in range(1, len(self.steps) + 1):
            prefix = f"{number}."
            yield {k.removeprefix(prefix): v for k, v in w.items() if k.startswith(prefix)}

    @property
    def caption(self) -> str:
        return ", ".join((self.anchor.caption, *(step.op.caption for step in self.steps)))

    def __str__(self) -> str:
        return " -> ".join(map(str, (self.anchor, *(step.op for step in self.steps))))
