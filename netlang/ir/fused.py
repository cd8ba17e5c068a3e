"""An operator with the pointwise operators behind it: one kernel, one trip to memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netlang import kernels
from netlang.ground.reach import Reach
from netlang.ir.op import Launch, Op, ShapeError, Site, Weight
from netlang.ir.pieces import parts_of
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
    def family(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.anchor.family

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.anchor.name

    @property
    def arity(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        operands = [operand for step in self.steps for operand in step.operands]
        return self.anchor_arity + len([i for i in operands if i != FLOWING])

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

    def reads(self, inputs: Types, output: TensorType) -> tuple[int, ...]:
        given = inputs[: self.anchor_arity]
        numbers = list(self.anchor.reads(given, output))
        for step in self.steps:
            types = tuple(step.pick(output, inputs))
            each = zip(step.operands, step.op.reads(types, output), strict=True)
            numbers += [number for operand, number in each if operand != FLOWING]
        return tuple(numbers)

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        return self.anchor.reach(inputs[: self.anchor_arity], output)

    def reads_planes(self, inputs: Types) -> tuple[bool, ...]:
        own = self.anchor.reads_planes(inputs[: self.anchor_arity])
        return own + (False,) * (len(inputs) - self.anchor_arity)

    def can_scatter(self, cuts: Sequence[int], inputs: Types) -> bool:
        return self.anchor.can_scatter(cuts, inputs[: self.anchor_arity])

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        flowing = self.anchor.torch(F, xs[: self.anchor_arity], w, training)
        return self.finish(F, flowing, xs, w, training)

    def finish(
        self,
        F: Any,
        flowing: Any,
        xs: Sequence[Any],
        w: Mapping[str, Any],
        training: bool,
        done: int = 0,
    ) -> Any:
        """What the steps make in torch of the value after the first `done` of them."""
        numbers = map(str, range(1, len(self.steps) + 1))
        for step, own in list(zip(self.steps, parts_of(w, numbers), strict=True))[done:]:
            flowing = step.op.torch(F, step.pick(flowing, xs), own, training)
        return flowing

    def launches(self, site: Site) -> tuple[Launch, ...]:
        n = self.anchor_arity
        tail, inputs, slots = kernels.Epilogue(), list[int](), list[str]()
        for number, step in enumerate(self.steps, 1):
            types = tuple(step.pick(site.output, site.inputs))
            views = tuple(step.pick(site.view, site.views))
            own = replace(site, inputs=types, views=views)
            flowing = [i for i, operand in enumerate(step.operands) if operand == FLOWING]
            tail = tail.then(step.op.epilogue(own, flowing))
            inputs += [operand for operand in step.operands if operand != FLOWING]
            slots += [f"{number}.{slot}" for slot in step.op.weights(types)]
        anchor = replace(
            site,
            inputs=site.inputs[:n],
            views=site.views[:n],
            epilogue=tail,
            label="_".join(step.op.name for step in self.steps),
        )
        (launch,) = self.anchor.launches(anchor)
        reads, weights = (*launch.inputs, *inputs), (*launch.weights, *slots)
        return (replace(launch, inputs=reads, weights=weights),)

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        flowing = self.anchor.is_nonnegative(inputs[: self.anchor_arity])
        for step in self.steps:
            flowing = step.op.is_nonnegative(step.pick(flowing, inputs))
        return flowing

    @property
    def caption(self) -> str:
        return ", ".join((self.anchor.caption, *(step.op.caption for step in self.steps)))

    def __str__(self) -> str:
        return " -> ".join(map(str, (self.anchor, *(step.op for step in self.steps))))


def anchor_of(op: Op) -> Op:
    """An operator without its epilogue."""
    return op.anchor if isinstance(op, Fused) else op


def steps_of(op: Op) -> tuple[Step, ...]:
    """The epilogue of an operator."""
    return op.steps if isinstance(op, Fused) else ()
