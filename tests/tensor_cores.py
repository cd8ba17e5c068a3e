"""Triton's interpreter multiplies tf32 as float32; here it does what a tensor core does."""

import numpy as np


def drop_bits() -> None:
    """From here on the interpreter's products in tf32 see ten bits of a mantissa."""
    from triton.runtime.interpreter import InterpreterBuilder, TensorHandle, _ir

    exact = InterpreterBuilder.create_dot

    def create_dot(self, a, b, d, input_precision, max_num_imprecise_acc):  # pyright: ignore
        if input_precision == _ir.INPUT_PRECISION.TF32 and a.data.dtype == np.float32:
            a, b = (TensorHandle(_cut(x.data), x.dtype) for x in (a, b))
        return exact(self, a, b, d, input_precision, max_num_imprecise_acc)

    InterpreterBuilder.create_dot = create_dot


def _cut(numbers: np.ndarray) -> np.ndarray:
    return (numbers.view(np.int32) & -(1 << 13)).view(np.float32)
