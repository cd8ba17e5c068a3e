"""What an operator answers: everything that the rest of the compiler asks about it.

One operator is one frozen dataclass in `netlang.ops`; its fields are the attributes of the
language. Nothing lists operators by name. A pass or a view that is about certain operators matches
their classes, and takes what it does not match as it is: a new one needs no word there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from netlang import kernels
from netlang.ground.reach import PIXEL, Reach
from netlang.ir.attributes import written
from netlang.ir.types import TensorType, Types
from netlang.kernels.precision import MOST, Precision

if TYPE_CHECKING:
    from netlang.kernels import Epilogue, FeatureMap, Kernel, Layer, Operand, View

Init = Literal["he", "zeros", "ones"]
Family = Literal["input", "conv", "linear", "norm", "pool", "pointwise", "join", "shape"]


class ShapeError(Exception):
    """Inputs that an operator cannot take.

    `attribute` names the attribute at fault, if it is one; `help` says what to write instead.
    """

    def __init__(self, message: str, attribute: str = "", help: str = ""):
        super().__init__(message)
        self.message, self.attribute, self.help = message, attribute, help


@dataclass(frozen=True)
class Weight:
    """A tensor that an operator owns: learned, or (`trainable=False`) a running statistic."""

    shape: tuple[int, ...]
    init: Init = "he"
    trainable: bool = True


@dataclass(frozen=True)
class Site:
    """Where an operator's kernels run: what the planner has settled before it asks for them.

    `inputs` are the types of the operator's inputs and `views` where they lie; `output` is the type
    of its result and `pieces` where that goes: its channels lie together, as a rule, or in several
    buffers one after the other. `label` is the epilogue in a kernel's name.
    """

    inputs: Types
    views: tuple[View, ...]
    output: TensorType
    pieces: tuple[FeatureMap, ...]
    precision: Precision
    batch: int
    epilogue: Epilogue = field(default_factory=lambda: kernels.Epilogue())
    label: str = ""

    def x(self, position: int = 0) -> FeatureMap:
        """An input and where it lies."""
        return feature_map(self.inputs[position], self.views[position])

    @property
    def view(self) -> View:
        """Where the result goes; where it goes to several buffers, how it would lie in one."""
        return self.pieces[0].view if len(self.pieces) == 1 else kernels.View(self.output.channels)

    @property
    def y(self) -> FeatureMap:
        """The result and where it goes."""
        return feature_map(self.output, self.view)

    def launch(
        self,
        kernel: type[Layer],
        /,
        *,
        inputs: tuple[int, ...] = (0,),
        weights: tuple[str, ...] = (),
        **fields: Any,
    ) -> Launch:
        """A kernel from the first of `inputs` to the result; `fields` are those of its own."""
        settled: dict[str, Any] = {
            "x": self.x(inputs[0]),
            "y": self.y,
            "precision": self.precision,
            "epilogue": self.epilogue,
            "label": self.label,
            "into": self.pieces if len(self.pieces) > 1 else (),
        }
        return Launch(kernel(**(settled | fields)), inputs, weights)


def feature_map(type: TensorType, view: View) -> FeatureMap:
    """A value as kernels see it."""
    return kernels.FeatureMap(type.channels, type.height, type.width, view)


@dataclass(frozen=True)
class Launch:
    """A kernel with the inputs (positions) and weights (slots) of the operator that it reads.

    Both are in the order of the kernel's parameters: its inputs, then the epilogue's tensors; its
    weights, then the epilogue's vectors.
    """

    kernel: Kernel
    inputs: tuple[int, ...] = (0,)
    weights: tuple[str, ...] = ()


class Op(ABC):
    """An operator with its attributes.

    `arity` is the number of inputs, None where it is free. `pointwise` operators have a
    `scalar` expression and can be fused into the epilogue of one that `hosts_epilogue`. One that is
    `monotone` never falls where its only input rises, so that it commutes with a maximum. `post_op`
    is what oneDNN calls it where a product may take it along. What `joins_branches` may stand
    behind the word `branches`. `symbol` is its sign in a drawing, if it has one.
    """

    name: ClassVar[str]
    family: ClassVar[Family]
    arity: ClassVar[int | None] = 1
    pointwise: ClassVar[bool] = False
    monotone: ClassVar[bool] = False
    hosts_epilogue: ClassVar[bool] = False
    post_op: ClassVar[str] = ""
    joins_branches: ClassVar[bool] = False
    symbol: ClassVar[str] = ""

    @abstractmethod
    def infer(self, inputs: Types) -> TensorType:
        """The type of the result; raises `ShapeError`."""

    def weights(self, inputs: Types) -> Mapping[str, Weight]:
        """What it owns, by slot: the only source of parameter counts and checkpoints' names."""
        return {}

    def macs(self, inputs: Types, output: TensorType) -> int:
        """Multiply-adds an image, of conv and linear alone (biases are not counted)."""
        return 0

    @abstractmethod
    def torch(self, F: Any, xs: Sequence[Any], w: Mapping[str, Any], training: bool) -> Any:
        """Its meaning in torch: `F` is torch.nn.functional, `xs` are NCHW (or NC) tensors."""

    def openvino(self, ov: Any, xs: Sequence[Any], w: Mapping[str, Any]) -> Any:
        """Its meaning at inference in OpenVINO: `ov` is opset 14, `xs` are NCHW (or NC) outputs."""
        raise NotImplementedError(f"{self.name} has no meaning in OpenVINO")

    def scalar(self, xs: Sequence[str], w: Mapping[str, str]) -> str:
        """The result of one element as a Triton expression, where the operator is pointwise."""
        raise NotImplementedError(f"{self.name} is not pointwise")

    def epilogue(self, site: Site, flowing: Container[int]) -> Epilogue:
        """It as the step of an epilogue, where it is pointwise.

        The inputs at the positions `flowing` are the value so far, the others tensors.
        """
        positions = range(len(site.inputs))
        others = [i for i in positions if i not in flowing]
        names = ["v" if i in flowing else f"t{others.index(i)}" for i in positions]
        vectors = {slot: f"c{n}" for n, slot in enumerate(self.weights(site.inputs))}
        tensors = [self.operand(site, i) for i in others]
        return kernels.Epilogue((self.scalar(names, vectors),), tuple(tensors), len(vectors))

    def operand(self, site: Site, position: int) -> Operand:
        """How an epilogue reads an input: whole, or one pixel where that is all there is."""
        return kernels.Operand(site.views[position], site.inputs[position] != site.output)

    @property
    def is_product(self) -> bool:
        """Whether it multiplies by what it has learned: these are the layers that papers count."""
        return self.family in ("conv", "linear")

    def is_mean(self, inputs: Types) -> bool:
        """Whether each number of the result is the mean of some pixels of its channel."""
        return False

    def is_affine(self, inputs: Types) -> bool:
        """Whether at inference a pixel of the result is an affine function of the input's pixel.

        The function is the same for each pixel, so that a mean over pixels may be taken first.
        """
        return False

    @property
    def commutes(self) -> bool:
        """Whether the order of its inputs makes no difference."""
        return self.pointwise and self.family == "join"

    def launches(self, site: Site) -> tuple[Launch, ...]:
        """The kernels that compute it."""
        if not self.pointwise:
            raise NotImplementedError(f"{self.name} has no kernel")
        # Some input has the result's type; the others may be spread over its pixels.
        x = site.inputs.index(site.output)
        return (
            site.launch(
                kernels.Pointwise,
                inputs=(x, *(i for i in range(len(site.inputs)) if i != x)),
                weights=tuple(self.weights(site.inputs)),
                epilogue=self.epilogue(site, (x,)).then(site.epilogue),
                label="_".join(filter(None, (self.name, site.label))),
            ),
        )

    def alias(self, x: TensorType, view: View) -> View | None:
        """Where in the memory of its input the result is already, if nothing has to be moved."""
        taken = self.taken(x.channels)
        if taken is not None:
            return view.shifted(taken.start)
        return view if self.is_identity((x,)) else None

    def starts(self, inputs: Types) -> tuple[int, ...]:
        """At which channel of the result each input begins, if the result is nothing but them."""
        return ()

    def reads(self, inputs: Types, output: TensorType) -> tuple[int, ...]:
        """How many numbers of each input an image makes it look at.

        What only moves numbers reads none that it does not write.
        """
        if self.family == "shape":
            return tuple(min(x.elements, output.elements) for x in inputs)
        return tuple(x.elements for x in inputs)

    def reach(self, inputs: Types, output: TensorType) -> tuple[Reach, Reach]:
        """What a pixel of the result sees of the inputs, along height and width.

        Its own place, where there is a result for each pixel of some input; else all of them.
        """
        if any(x.pixels == output.pixels for x in inputs):
            return PIXEL, PIXEL
        height, width = inputs[0].pixels
        return Reach.of(height), Reach.of(width)

    def reads_planes(self, inputs: Types) -> tuple[bool, ...]:
        """Whether its kernel can read each input in torch's order, as the caller gives it."""
        return (False,) * len(inputs)

    def taken(self, channels: int) -> range | None:
        """Which of so many channels of its input are the result, if it is nothing but them."""
        return None

    def can_scatter(self, cuts: Sequence[int], inputs: Types) -> bool:
        """Whether its kernel can write the result to several buffers, cut at these channels."""
        return False

    def is_identity(self, inputs: Types) -> bool:
        """Whether at inference the result is its input, bit for bit."""
        return False

    def is_nonnegative(self, inputs: Sequence[bool]) -> bool:
        """Whether no number of the result is negative, where each input is known to have none.

        Pools, joins and what moves numbers make no new signs.
        """
        return self.family in ("pool", "join", "shape") and all(inputs)

    @property
    def caption(self) -> str:
        """What a drawing says, in the words of the papers' figures: `7x7 conv, 64, /2`."""
        return self.name

    def __str__(self) -> str:
        return f"{self.name} {written(self)}".rstrip()


T = TypeVar("T", bound=Op)

OPS: dict[str, type[Op]] = {}
"""Every operator by its name in the language."""


def op(name: str, family: Family) -> Callable[[type[T]], type[T]]:
    """Registers an operator class under its name in the language."""

    def register(cls: type[T]) -> type[T]:
        cls.name, cls.family = name, family
        OPS[name] = cls
        return cls

    return register


@lru_cache(maxsize=65536)
def infer(op: Op, inputs: Types) -> TensorType:
    """`op.infer`, remembered: a deep network asks the same few questions again and again."""
    if op.arity is not None and len(inputs) != op.arity:
        raise ShapeError(f"'{op.name}' reads {op.arity} value(s), and gets {len(inputs)}")
    output = op.infer(inputs)
    _require_countable(f"{output}", output.shape)
    for slot, weight in op.weights(inputs).items():
        _require_countable(f"the {slot} of '{op.name}'", weight.shape)
    return output


def _require_countable(what: str, shape: tuple[int, ...]) -> None:
    if prod(shape) > MOST:
        raise ShapeError(
            f"{what} has {prod(shape):,} numbers, and kernels count to {MOST:,}",
            help="write smaller sizes",
        )
