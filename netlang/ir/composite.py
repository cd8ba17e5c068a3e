"""Several operators as one: what a single kernel computes, answered by asking the parts.

    conv(%a) kernel=1x1, out=64 + conv(%b) kernel=1x1, out=64      a sum in one accumulator
    conv(%x) kernel=3x3, out=64 -> relu(_) => maxpool(_) kernel=2  one behind the other
    conv(%x) kernel=1x1, out=64 keep => conv(_) kernel=1x1, out=16 the same, and both are results
    conv(%a) kernel=3x3, out=64 | conv(%b) kernel=5x5, out=32      side by side

`+` binds closest, then `->` (`netlang.ir.fused`), `=>` and `|`. Several results are one value,
channel after channel, which `slice` takes apart again; the planner lets each part lie where its
readers want it. A part's weights have a letter ahead of their slot: `b.weight`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate, pairwise
from operator import add
from typing import Any, ClassVar

from netlang import kernels
from netlang.ground.reach import Reach
from netlang.ir.op import Launch, Op, ShapeError, Site, Weight, feature_map, infer
from netlang.ir.pieces import (
    by_role,
    cut,
    joined,
    layer_of,
    only,
    parts_of,
    side_by_side,
    slots_of,
)
from netlang.ir.types import TensorType, Types
from netlang.kernels.letters import MOST_PARTS, lettered


@dataclass(frozen=True)
class Composite(Op):
    """Parts that each take the next few of the node's inputs."""

    parts: tuple[Op, ...]
    sign: ClassVar[str]

    @property
    def lead(self) -> Op:
        """The part that gives the whole its name: the first product, if there is one."""
        products = (part for part in self.parts if part.is_product)
        return next(products, self.parts[0])

    @property
    def family(self) -> Any:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.lead.family

    @property
    def name(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.lead.name

    @property
    def arity(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        return sum(self.counts)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many of the node's inputs each part takes."""
        free = next((part for part in self.parts if part.arity is None), None)
        if free:
            raise ShapeError(
                f"'{free.name}' takes any number of values, so it is no part of another"
            )
        if len(self.parts) > MOST_PARTS:
            raise ShapeError(f"a kernel has at most {MOST_PARTS} parts, not {len(self.parts)}")
        return tuple(part.arity or 0 for part in self.parts)

    def shares(self, inputs: Sequence[Any]) -> list[tuple[Any, ...]]:
        """What belongs to the node's inputs, part by part."""
        ends = accumulate(self.counts, initial=0)
        return [tuple(inputs[start:end]) for start, end in pairwise(ends)]

    def operands(self, inputs: Sequence[Any], result: Any) -> list[tuple[Any, ...]]:
        """What each part reads; `result` stands for the result of the part ahead of it."""
        return self.shares(inputs)

    def types(self, inputs: Types) -> list[Types]:
        """The types of what each part reads."""
        return self.shares(inputs)

    def results(self, inputs: Types) -> list[TensorType]:
        """What each part gives."""
        return [infer(part, types) for part, types in self._each(inputs)]

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        return {
            f"{letter}.{slot}": weight
            for letter, (part, types) in lettered(self._each(inputs))
            for slot, weight in part.weights(types).items()
        }

    def own(self, w: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What each part has of the whole's weights, by its own slots."""
        return parts_of(w, (letter for letter, _ in lettered(self.parts)))

    def macs(self, inputs: Types, output: TensorType) -> int:
        return sum(part.macs(types, infer(part, types)) for part, types in self._each(inputs))

    def reads(self, inputs: Types, output: TensorType) -> tuple[int, ...]:
        each = [part.reads(types, infer(part, types)) for part, types in self._each(inputs)]
        return tuple(number for numbers in each for number in numbers)

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        rows, columns = (max(seen) for seen in zip(*self._reaches(inputs), strict=True))
        return rows, columns

    @property
    def caption(self) -> str:
        return self.sign.join(part.caption for part in self.parts)

    def __str__(self) -> str:
        return self.sign.join(map(str, self.parts))

    def _each(self, inputs: Types) -> list[tuple[Op, Types]]:
        return list(zip(self.parts, self.types(inputs), strict=True))

    def _reaches(self, inputs: Types) -> list[tuple[Reach, Reach]]:
        return [part.reach(types, infer(part, types)) for part, types in self._each(inputs)]

    def _sites(self, site: Site) -> list[Site]:
        """The site of each part, whose result is the node's."""
        each = zip(self.types(site.inputs), self.shares(site.views), strict=True)
        return [replace(site, inputs=types, views=views) for types, views in each]


@dataclass(frozen=True)
class Sum(Composite):
    """Products of several inputs in one accumulator.

    A projection shortcut joins the last convolution of its block so: as more rows of one product.
    """

    hosts_epilogue = True
    sign = " + "

    def infer(self, inputs: Types) -> TensorType:
        first, *others = self.results(inputs)
        odd = next((other for other in others if other != first), None)
        if odd:
            raise ShapeError(f"a sum of {first} and {odd}")
        return first

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        each = zip(self.parts, self.shares(xs), self.own(w), strict=True)
        return reduce(add, (part.torch(F, x, own, training) for part, x, own in each))

    def can_scatter(self, cuts: Sequence[int], inputs: Types) -> bool:
        return True

    def launches(self, site: Site) -> tuple[Launch, ...]:
        first, *others = self._sites(site)
        bare = [replace(other, epilogue=kernels.Epilogue(), label="") for other in others]
        launches = [only(part, own) for part, own in zip(self.parts, (first, *bare), strict=True)]
        kernel, *others = (layer_of(launch) for launch in launches)
        return (by_role(kernels.plus(kernel, others), launches, self.shares(range(self.arity))),)


@dataclass(frozen=True)
class Chain(Composite):
    """Two operators, the second of which reads the result of the first before its own inputs.

    With `keep` the first result is there too, its channels ahead of the second's.
    """

    keep: bool = False

    @property
    def first(self) -> Op:
        """What is computed first."""
        return self.parts[0]

    @property
    def second(self) -> Op:
        """What reads its result."""
        return self.parts[1]

    @property
    def sign(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return " keep => " if self.keep else " => "

    @property
    def counts(self) -> tuple[int, ...]:
        first, second = super().counts
        return first, second - 1

    def operands(self, inputs: Sequence[Any], result: Any) -> list[tuple[Any, ...]]:
        first, rest = self.shares(inputs)
        return [first, (result, *rest)]

    def types(self, inputs: Types) -> list[Types]:
        first, _ = self.shares(inputs)
        return self.operands(inputs, infer(self.first, first))

    def infer(self, inputs: Types) -> TensorType:
        first, second = self.results(inputs)
        return joined((first, second)) if self.keep else second

    def reads(self, inputs: Types, output: TensorType) -> tuple[int, ...]:
        first = self.types(inputs)[0]
        numbers = super().reads(inputs, output)
        return numbers[: len(first)] + numbers[len(first) + 1 :]

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        first, second = self._reaches(inputs)
        return first[0].then(second[0]), first[1].then(second[1])

    def reads_planes(self, inputs: Types) -> tuple[bool, ...]:
        first, second = self.types(inputs)
        return self.first.reads_planes(first) + (False,) * (len(second) - 1)

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        given, others = self.shares(xs)
        own = self.own(w)
        y = self.first.torch(F, given, own[0], training)
        z = self.second.torch(F, (y, *others), own[1], training)
        return side_by_side((y, z)) if self.keep else z

    def can_scatter(self, cuts: Sequence[int], inputs: Types) -> bool:
        return self.keep and list(cuts) == [self.results(inputs)[0].channels]

    def launches(self, site: Site) -> tuple[Launch, ...]:
        given, others = self._sites(site)
        y, z = self.results(site.inputs)
        # Where it is not kept the first result never lies anywhere.
        between = feature_map(y, kernels.View(y.channels))
        pieces = cut(site.pieces, (y, z)) if self.keep else [(between,), site.pieces]
        given = replace(given, output=y, pieces=pieces[0])
        others = replace(others, output=z, views=(between.view, *others.views), pieces=pieces[1])
        launches = [only(self.first, given), only(self.second, others)]
        kernel = kernels.behind(layer_of(launches[0]), layer_of(launches[1]), self.keep)
        return (by_role(kernel, launches, self.operands(range(self.arity), None)),)


@dataclass(frozen=True)
class Together(Composite):
    """Operators that do not need one another, in one launch; their channels side by side."""

    sign = " | "

    def infer(self, inputs: Types) -> TensorType:
        return joined(self.results(inputs))

    def reads_planes(self, inputs: Types) -> tuple[bool, ...]:
        each = (part.reads_planes(types) for part, types in self._each(inputs))
        return tuple(reads for part in each for reads in part)

    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        each = zip(self.parts, self.shares(xs), self.own(w), strict=True)
        return side_by_side([part.torch(F, x, own, training) for part, x, own in each])

    def can_scatter(self, cuts: Sequence[int], inputs: Types) -> bool:
        start = 0
        for (part, types), result in zip(self._each(inputs), self.results(inputs), strict=True):
            end = start + result.channels
            inner = [at - start for at in cuts if start < at < end]
            whole = start in (0, *cuts) and (not inner or part.can_scatter(inner, types))
            if not whole:
                return False
            start = end
        return True

    def launches(self, site: Site) -> tuple[Launch, ...]:
        results = self.results(site.inputs)
        pieces = cut(site.pieces, results)
        launches = [
            only(part, replace(own, output=y, pieces=into))
            for part, own, y, into in zip(
                self.parts, self._sites(site), results, pieces, strict=True
            )
        ]
        kernel = kernels.Together(tuple(map(layer_of, launches)))
        pairs = zip(launches, self.shares(range(self.arity)), strict=True)
        inputs = (positions[i] for launch, positions in pairs for i in launch.inputs)
        weights = (slot for part in lettered(launches) for slot in slots_of(*part))
        return (Launch(kernel, tuple(inputs), tuple(weights)),)
