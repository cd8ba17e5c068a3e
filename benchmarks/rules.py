"""What the machine code of a sound kernel is like: the rules, and who is excused from which."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.machine_code import Code
from netlang.backends.triton.aot import Compiled
from netlang.device import MULTIPROCESSORS
from netlang.kernels import BackToBack, Conv, Kernel, Layer, Linear
from netlang.tune.parts import layers_of

ROWS = 64
"""Rows of one wgmma: a tile of fewer is multiplied as on older GPUs."""


def broken_rules(kernel: Kernel, compiled: Compiled, code: Code, capability: int) -> Iterator[str]:
    """What is wrong with a kernel that was compiled for sm_`capability`: nothing in a sound one."""
    yield from _resources(kernel, compiled, code, capability)
    layers = [layer for layer in layers_of(kernel) if multiplies(layer)]
    if not layers:
        return
    if capability == 90 and all(layer.chosen.m >= ROWS for layer in layers):
        if not code.products("wgmma"):
            yield "no wgmma"
        if code.products("mma.sync"):
            yield "mma.sync beside wgmma"
    if kernel.stages > 1:
        described = any(parameter.descriptor for parameter in kernel.parameters)
        load, name = ("UTMALDG", "TMA") if described else ("LDGSTS", "asynchronous copies")
        if not code.count(load):
            yield f"no {name}"
    # Ampere's products are no stretch of their own: the epilogue begins in between.
    if capability >= 90 and code.blocking_loads and not any(map(excuse, layers)):
        yield f"{code.blocking_loads} loads that the main loop stops for"


def multiplies(layer: Layer) -> bool:
    """Whether tensor cores do a layer's work."""
    match layer:
        case Conv():
            has_products = not layer.gathers[0].is_depthwise
        case Linear():
            has_products = layer.chosen.m > 1  # one row is streamed by a vector
        case _:
            has_products = isinstance(layer, BackToBack)
    return has_products and layer.precision != "float32"


def excuse(layer: Layer) -> str:
    """Why the main loop of a layer may stop for a load; empty if it may not."""
    match layer:
        case BackToBack():
            return "the second weight is loaded between the products, a chunk at a time"
        case Conv() if layer.gathers[0].is_flat and layer.x.channels % 2 and not layer.x.view.plane:
            return "an asynchronous copy has four bytes at least, and a number has two"
        case _:
            return ""


def _resources(kernel: Kernel, compiled: Compiled, code: Code, capability: int) -> Iterator[str]:
    processor = MULTIPROCESSORS[capability]
    if compiled.spills or code.count("LDL", "STL"):
        yield f"{compiled.spills} bytes a thread are spilled"
    if not processor.resident(compiled.registers, compiled.shared, kernel.warps):
        yield (
            f"too large to run: {compiled.registers} registers of {32 * kernel.warps} threads, "
            f"{compiled.shared} bytes of shared memory"
        )
