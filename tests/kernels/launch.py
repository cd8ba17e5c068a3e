"""Runs a kernel's text in Triton's interpreter and compares it with torch in float64.

The interpreter must be chosen before triton is imported, and once chosen nothing can be compiled.
So it lives in a process of its own, whatever the other tests of this run import.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from math import prod
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from netlang.kernels import (
    BackToBack,
    Epilogue,
    FeatureMap,
    Kernel,
    Layer,
    Operand,
    View,
)
from netlang.kernels.kernel import IMPORTS, Descriptor
from tests.tensor_cores import drop_bits

DTYPES = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
    "int32": torch.int32,
}

# The reference has the same rounded inputs, so what is left is the order of float32 sums (about
# sqrt(K) * 2**-24 of the largest result) and the rounding of the stored result: 2**-11 in float16,
# 2**-8 in bfloat16, for which the tolerances leave a factor of two and more. A product in tf32
# drops what its operands have behind ten bits of a mantissa, which is up to 2**-10 of each.
TOLERANCES = {"float32": 1e-5, "tf32": 5e-3, "float16": 5e-3, "bfloat16": 1e-2}

BATCH = 3

T = TypeVar("T")

HEADER = f"{IMPORTS}\n\n"


def check(
    kernel: Layer,
    reference: Callable[..., Tensor],
    batch: int = BATCH,
    planar: str = "",
    scale: int = 1,
    finish: Callable[[Tensor], Tensor] = lambda v: v,
) -> None:
    """`kernel` computes `reference(*inputs, *weights)`, then its epilogue, then `finish`.

    For `BackToBack` that is the first convolution, and the weights are the first one's.

    It touches nothing else: around the channels that it should read or write its buffers are NaN.
    `planar` names the one of x and y that is a contiguous NCHW tensor; `scale`, a power of two, the
    deviation of x.
    """
    numbers = torch.Generator().manual_seed(0)
    inputs = [scale * random((batch, *shape_of(x)), kernel.x_dtype, numbers) for x in kernel.inputs]
    weights = [random(p.shape, kernel.dtype, numbers) for p in kernel.packing]
    vectors = [random((channels,), "float32", numbers) for channels in vectors_of(kernel)]
    tensors = [random((batch, *shape_of(map)), kernel.dtype, numbers) for map in tensors_of(kernel)]
    arguments = [
        *(
            x.to(DTYPES[kernel.x_dtype]) if planar == "x" else stored(x, map, kernel.x_dtype)
            for x, map in zip(inputs, kernel.inputs, strict=True)
        ),
        *(
            weight.permute(packing.order).contiguous().to(DTYPES[kernel.dtype])
            for weight, packing in zip(weights, kernel.packing, strict=True)
        ),
        *(vector.float() for vector in vectors),
        *(
            stored(tensor, map, kernel.dtype)
            for tensor, map in zip(tensors, tensors_of(kernel), strict=True)
        ),
        *shared(kernel, batch),
        *(poisoned(batch, y, kernel.y_dtype) for y in kernel.outputs),
    ]
    seen = [seen_of(*pair) for pair in zip(operands_of(kernel), tensors, strict=True)]
    if isinstance(kernel, BackToBack):
        *weights, last = weights
        epilogue = kernel.first.epilogue
        between = after(epilogue, reference(*inputs, *weights), vectors, seen)
        vectors, seen = vectors[epilogue.vectors :], seen[len(epilogue.tensors) :]
        v = F.conv2d(between.to(DTYPES[kernel.dtype]).double(), last)
        expected = [after(kernel.epilogue, v, vectors, seen)]
        expected = [between] * kernel.keep + expected
    else:
        expected = [finish(after(kernel.epilogue, reference(*inputs, *weights), vectors, seen))]
    if planar == "y":
        arguments[-1] = torch.full_like(expected[0], torch.nan, dtype=DTYPES[kernel.y_dtype])
        (result,) = launch(kernel, arguments, batch)
        compare(result.double(), expected[0], kernel.precision)
    else:
        results = launch(kernel, arguments, batch)
        parts = torch.cat(expected, dim=1).split([y.channels for y in kernel.outputs], dim=1)
        for result, y, part in zip(results, kernel.outputs, parts, strict=True):
            compare(loaded(result, y, batch), part, kernel.precision)
            assert outside(result, y.view, y.channels).isnan().all()


def arguments(kernel: Layer, batch: int) -> list[Tensor]:
    """A tensor for each parameter: numbers at random, zeros to count in, and NaN for the result."""
    x, y = (batch * map.pixels * map.view.stride for map in (kernel.x, kernel.y))
    sizes = {"input": x, "vector": kernel.y.channels, "tensor": y, "output": y}
    sizes["weight"] = sum(prod(weight.shape) for weight in kernel.packing)
    numbers = torch.Generator().manual_seed(0)
    tensors = [
        torch.randn(sizes.get(p.role, p.size * batch), generator=numbers).to(DTYPES[p.dtype])
        for p in kernel.parameters
    ]
    for parameter, tensor in zip(kernel.parameters, tensors, strict=True):
        if parameter.role == "counter":
            tensor.zero_()
    return [*tensors[:-1], torch.full_like(tensors[-1], torch.nan)]


def compare(result: Tensor, expected: Tensor, precision: str) -> None:
    """The largest error is within tolerance of the largest magnitude."""
    assert result.shape == expected.shape
    error = (result - expected).abs().max() / expected.abs().max()
    assert error < TOLERANCES[precision], f"error {error:.2e}"


def after(
    epilogue: Epilogue, v: Tensor, vectors: Sequence[Tensor], tensors: Sequence[Tensor]
) -> Tensor:
    """An epilogue's steps in torch: they are Python as well as Triton."""
    names = {f"c{i}": vector[:, None, None] for i, vector in enumerate(vectors)}
    names |= {f"t{i}": tensor for i, tensor in enumerate(tensors)}
    for step in epilogue.steps:
        v = eval(step, {**TEXT, **names, "v": v})
    return v


TEXT: dict[str, Any] = {
    "maximum": lambda a, b: torch.maximum(a, torch.as_tensor(b, dtype=a.dtype)),
    "tl": SimpleNamespace(sigmoid=torch.sigmoid),
}
"""What the steps of an epilogue mean in torch."""


def random(shape: Sequence[int], dtype: str, numbers: torch.Generator) -> Tensor:
    """Normal float64 numbers that `dtype` holds exactly."""
    return torch.randn(*shape, generator=numbers).to(DTYPES[dtype]).double()


def shape_of(map: FeatureMap) -> tuple[int, int, int]:
    """Channels, height, width."""
    return map.channels, map.height, map.width


def hosts_of(kernel: Layer) -> list[Layer]:
    """The kernel, behind one that it runs before."""
    return [kernel.first, kernel] if isinstance(kernel, BackToBack) else [kernel]


def vectors_of(kernel: Layer) -> list[int]:
    """The channels of each vector."""
    return [host.y.channels for host in hosts_of(kernel) for _ in range(host.epilogue.vectors)]


def shared(kernel: Layer, batch: int) -> list[Tensor]:
    """Zeros to count in, and NaN to hand sums over in."""
    begin = {"counter": 0, "scratch": torch.nan}
    return [
        torch.full((p.size * batch,), begin[p.role], dtype=DTYPES[p.dtype])
        for p in kernel.parameters
        if p.role in begin
    ]


def operands_of(kernel: Layer) -> list[tuple[FeatureMap, Operand]]:
    """The epilogues' tensors, each with the map that it is added to."""
    return [(host.y, operand) for host in hosts_of(kernel) for operand in host.epilogue.tensors]


def tensors_of(kernel: Layer) -> list[FeatureMap]:
    """The epilogues' tensors: like `y`, one pixel, or a map of its own shape."""
    return [at(y, operand) for y, operand in operands_of(kernel)]


def at(y: FeatureMap, operand: Operand) -> FeatureMap:
    """The map of an epilogue's tensor."""
    if operand.sampled:
        x = operand.sampled
        return FeatureMap(x.channels, x.height, x.width, operand.view)
    if operand.broadcast:
        return FeatureMap(y.channels, 1, 1, operand.view)
    return replace(y, view=operand.view)


def seen_of(where: tuple[FeatureMap, Operand], tensor: Tensor) -> Tensor:
    """What an epilogue sees of its tensor."""
    y, operand = where
    x = operand.sampled
    if not x:
        return tensor
    pixels = tensor[:, :, :: x.stride[0], :: x.stride[1]]
    return F.pad(pixels, (0, 0, 0, 0, x.before, y.channels - x.before - x.channels))


def poisoned(batch: int, map: FeatureMap, dtype: str) -> Tensor:
    """A buffer of NaN with room for a batch: [pixels, stride]."""
    return torch.full((batch * map.pixels, map.view.stride), torch.nan, dtype=DTYPES[dtype])


def stored(values: Tensor, map: FeatureMap, dtype: str) -> Tensor:
    """NCHW values in a buffer that is otherwise NaN."""
    buffer = poisoned(len(values), map, dtype)
    first = map.view.offset
    rows = values.permute(2, 3, 0, 1).reshape(-1, map.channels)
    buffer[:, first : first + map.channels] = rows.to(buffer.dtype)
    return buffer


def loaded(buffer: Tensor, map: FeatureMap, batch: int) -> Tensor:
    """The NCHW values of a buffer, float64."""
    first = map.view.offset
    rows = buffer[:, first : first + map.channels].double()
    return rows.reshape(map.height, map.width, batch, map.channels).permute(2, 3, 0, 1)


def outside(buffer: Tensor, view: View, channels: int) -> Tensor:
    """The channels of a buffer that are not the view's."""
    return torch.cat([buffer[:, : view.offset], buffer[:, view.offset + channels :]], dim=1)


def launch(kernel: Kernel, tensors: Sequence[Tensor], batch: int) -> list[Tensor]:
    """What the outputs among the tensors hold after the interpreter has run the kernel."""
    after = launch_all(kernel, tensors, batch)
    return [t for t, p in zip(after, kernel.parameters, strict=True) if p.role == "output"]


def launch_all(kernel: Kernel, tensors: Sequence[Tensor], batch: int) -> list[Tensor]:
    """What all tensors hold after the interpreter has run the kernel."""
    grid = (sum(tiles.programs(batch) for tiles in kernel.grid),)
    text = HEADER + kernel.source(kernel.name)
    descriptors = [parameter.descriptor for parameter in kernel.parameters]
    return interpreted(_run, text, kernel.name, grid, list(tensors), batch, descriptors)


def interpreted(function: Callable[..., T], *arguments: Any) -> T:
    """`function(*arguments)` in the interpreter's process."""
    return _interpreter().submit(function, *arguments).result()


def far_apart(text: str, name: str, stride: int) -> Tensor:
    """Runs a copy from [4, 8] at element 8 of a buffer to [4, 8] at element 0, rows `stride` apart.

    The buffer is made here: untouched, its pages are never there, but they cannot be sent.
    """
    buffer = torch.empty(3 * stride + 16, dtype=torch.float16)
    rows = buffer.as_strided((4, 8), (stride, 1), 8)
    rows.copy_(torch.arange(32.0).reshape(4, 8))
    _run(text, name, (1,), [buffer, buffer], 1)
    return buffer.as_strided((4, 8), (stride, 1)).clone()


@cache
def _interpreter() -> ProcessPoolExecutor:
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_interpret)
    atexit.register(pool.shutdown)
    return pool


def _interpret() -> None:
    os.environ["TRITON_INTERPRET"] = "1"
    drop_bits()
    torch.set_num_threads(1)


def described(tensor: Tensor, descriptor: Descriptor, batch: int) -> Any:
    """A descriptor of a buffer, as a caller of Triton makes it."""
    from triton.tools.tensor_descriptor import TensorDescriptor

    shape, strides = (
        [number * batch**power for number, power in extents]
        for extents in (descriptor.shape, descriptor.strides)
    )
    base = tensor.flatten()[descriptor.offset :]
    return TensorDescriptor(base, shape, strides, list(descriptor.block))


def _run(
    text: str,
    name: str,
    grid: tuple[int, ...],
    tensors: list[Tensor],
    batch: int,
    descriptors: Sequence[Descriptor | None] = (),
) -> list[Tensor]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernels.py"  # triton reads a function's source from its file
        path.write_text(text)
        spec = importlib.util.spec_from_file_location("kernels", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        arguments = [
            described(tensor, descriptor, batch) if descriptor else tensor
            for tensor, descriptor in zip_longest(tensors, descriptors)
        ]
        getattr(module, name)[grid](*arguments, batch, DEPENDENT=False)
    return tensors
