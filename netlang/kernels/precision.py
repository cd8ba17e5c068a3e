"""How kernels store numbers and multiply them."""

from typing import Literal, get_args

Precision = Literal["float32", "tf32", "float16", "bfloat16"]
"""How numbers are stored and multiplied; sums are float32 in all of them."""

PRECISIONS: tuple[Precision, ...] = get_args(Precision)

Dtype = Literal["float32", "float16", "bfloat16"]
"""How numbers are stored."""

MOST = 2**31 - 1
"""How far kernels count, who do it with 32 bits: images of a batch, numbers of a tensor."""

NARROWEST = 16
"""The fewest channels of an operand that tensor cores take."""


def storage(precision: Precision) -> Dtype:
    """How numbers of a precision are stored: tf32 is a way to multiply float32."""
    return "float32" if precision == "tf32" else precision


def bytes_of(precision: Precision) -> int:
    """Bytes of a number as it is stored."""
    return 4 if storage(precision) == "float32" else 2


def spans_taps(channels: int, taps: int) -> bool:
    """Whether a step of a convolution's product runs across its taps.

    It does where one tap has too few channels to fill it.
    """
    return channels < NARROWEST and taps > 1
