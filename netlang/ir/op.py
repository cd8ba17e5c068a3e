"""What an operator answers: everything that the rest of the compiler asks about it.

One operator is one frozen dataclass in `netlang.ops`; its fields are the attributes of the
language. Nothing outside `netlang.ops` asks which operator it has before it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeVar

from netlang.ir.attributes import written
from netlang.ir.types import TensorType, Types
from netlang.kernels.kernel import Epilogue, Kernel, Precision, View

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

    `inputs` are the types of the operator's inputs, `views` where they lie, `output` the type of
    its result and `view` where that goes; `label` is the epilogue in a kernel's name.
    """

    inputs: Types
    views: tuple[View, ...]
    output: TensorType
    view: View
    precision: Precision
    batch: int
    epilogue: Epilogue = field(default_factory=Epilogue)
    label: str = ""


@dataclass(frozen=True)
class Launch:
    """A kernel with the inputs (positions) and weights (slots) of the operator that it reads."""

    kernel: Kernel
    inputs: tuple[int, ...] = (0,)
    weights: tuple[str, ...] = ()


class Op(ABC):
    """An operator with its attributes.

    `arity` is the number of inputs, None where it is free. `pointwise` operators have a
    `scalar` expression and can be fused into the epilogue of one that `hosts_epilogue`.
    """

    name: ClassVar[str]
    family: ClassVar[Family]
    arity: ClassVar[int | None] = 1
    pointwise: ClassVar[bool] = False
    hosts_epilogue: ClassVar[bool] = False

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

    def scalar(self, xs: Sequence[str], w: Mapping[str, str]) -> str:
        """The result of one element as a Triton expression, where the operator is pointwise."""
        raise NotImplementedError(f"{self.name} is not pointwise")

    def launches(self, site: Site) -> tuple[Launch, ...]:
        """The kernels that compute it."""
        raise NotImplementedError(f"{self.name} has no kernel")

    @property
    def is_identity(self) -> bool:
        """Whether at inference the result is its input, bit for bit."""
        return False

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
    return op.infer(inputs)
