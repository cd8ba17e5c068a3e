"""What several kernels are as one: the table of what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from netlang.kernels.back_to_back import BackToBack
from netlang.kernels.conv import Conv, Term
from netlang.kernels.copy import Copy, FromNCHW
from netlang.kernels.kernel import FeatureMap, Kernel
from netlang.kernels.layer import Layer
from netlang.kernels.linear import Linear
from netlang.kernels.norm import LRN, LocalResponse, Softmax
from netlang.kernels.pool import Pool
from netlang.kernels.window import Pooling

T = TypeVar("T", bound=Layer)


def plus(first: Layer, others: Sequence[Layer]) -> Layer:
    """Convolutions added up, with the epilogue of the first."""
    assert isinstance(first, Conv)
    return replace(first, more=tuple(map(_term, others)))


def _term(kernel: Layer) -> Term:
    assert isinstance(kernel, Conv)
    return Term(
        x=kernel.x,
        kernel=kernel.kernel,
        stride=kernel.stride,
        pad=kernel.pad,
        dilation=kernel.dilation,
    )


def behind(first: Layer, second: Layer, keep: bool) -> Layer:
    """`second` applied to what `first` makes, which is stored too if it is to `keep`."""
    match first, second:
        case Conv(), Conv() if second.x_pool is None:
            return BackToBack(
                first=first,
                keep=keep,
                y=second.y,
                epilogue=second.epilogue,
                label=second.label,
                into=second.into,
            )
        case Conv(), Pool():
            return replace(_ending(first, second), pool=_pooling(second, first.y))
        case Pool(), Conv():
            return replace(second, x=first.x, x_pool=_pooling(first, first.y))
        case LRN(), Pool():
            norm = LocalResponse(size=first.size, alpha=first.alpha, beta=first.beta, k=first.k)
            return replace(second, x=first.x, norm=norm)
        case Linear(), Softmax():
            return replace(_ending(first, second), softmax=True)
        case _:
            raise NotImplementedError(f"{first.name} and {second.name} are two kernels")


def entering(door: FromNCHW, copy: Kernel) -> FromNCHW | None:
    """The door to where a copy of what comes in would be, if it can make it."""
    if isinstance(copy, Copy) and copy == replace(copy, before=0, groups=1, stride=1):
        return replace(door, y=copy.y)
    return None


def _ending(first: T, second: Layer) -> T:
    """The first kernel with the result and the epilogue of the second behind its own."""
    label = "_".join(filter(None, (first.label, second.label)))
    epilogue = first.epilogue.then(second.epilogue)
    return replace(first, y=second.y, into=second.into, epilogue=epilogue, label=label)


def _pooling(pool: Pool, between: FeatureMap) -> Pooling:
    size = between.height, between.width
    return Pooling(kernel=pool.kernel, stride=pool.stride, pad=pool.pad[:2], size=size)
