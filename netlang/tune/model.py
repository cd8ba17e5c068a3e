"""How long a launch takes with a tile: a model, good enough to say which tiles are worth timing.

    seconds = start + max(device memory, multiprocessors), and a part of the lesser of the two
    multiprocessors = max(all programs of one at full speed, its rounds of them one by one)

A round is as many programs as fit a multiprocessor at once. Their loads and products overlap, but
none of them ends before its steps have come one after the other, each with the latency of memory
shared among the stages that are in flight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netlang.device import LAUNCH, RESERVED, Target
from netlang.ground.integers import ceil_div
from netlang.kernels import Kernel, Layer, Tile, Together
from netlang.kernels.precision import bytes_of
from netlang.tune.product import Product

Array = NDArray[Any]

# Assumed, all of them: nobody has measured these for our kernels yet.
LATENCY = 600e-9
"""Seconds from the request for a block of numbers to its arrival."""

STEP = 15e-9
"""Seconds that a step keeps a program busy besides: barriers, addresses, the start of a product."""

EXPOSED = 0.1
"""The part that still shows of what hides behind something longer."""

WIDE = 16
"""Bytes that one load of a thread brings, where neighbours are adjacent."""

POINTERS = 0.7
"""The part of the tensor cores' rate that a loop reaches whose loads have addresses to compute:
Triton's own convolution template comes to 0.58 to 0.74 of cuDNN (pytorch#174752)."""

PORT = 110e9
"""Bytes a second that one multiprocessor draws from the L2 cache, if all others leave it to it: 64
a clock."""

SHARED_BANDWIDTH = 200e9
"""Bytes a second between a multiprocessor and its shared memory: 128 a clock."""

OVERHEAD, WINDOW, SCATTERED, SEVERAL = 56, 16, 32, 25
"""Registers that a thread takes beside its sums and pointers: at any rate, where windows have edges
to watch, where each number has an index, and where results go to several places. Fitted to what the
assembler made for sm_90."""


def seconds(kernel: Kernel, target: Target) -> float:
    """The time of a launch of a kernel, with the tile that it has, for the target's batch."""
    if isinstance(kernel, Together):
        return LAUNCH + sum(seconds(part, target) - LAUNCH for part in kernel.parts)
    product = Product.of(kernel)
    if product and isinstance(kernel, Layer):
        return float(launch_seconds(product, columns([kernel.chosen]), target)[0])
    moved = target.batch * (kernel.bytes_read + kernel.bytes_written)
    return LAUNCH + moved / target.device.bandwidth


def columns(tiles: list[Tile]) -> Array:
    """Tiles as an array with one row per field."""
    fields = [(t.m, t.n, t.k, t.warps, t.stages, t.split, t.tma) for t in tiles]
    return np.array(fields, np.int64).T


def launch_seconds(product: Product, tiles: Array, target: Target) -> Array:
    """The time of a launch with each tile."""
    device, batch = target.device, target.batch
    memory = np.array((batch * product.moved + product.weights) / device.bandwidth)
    each = ceil_div(programs(product, tiles, target), device.sms)
    busy, steps = _program(product, tiles, target)
    rounds = ceil_div(each, resident(product, tiles, target))
    one = 2 * LATENCY + _overlapped(busy, steps)
    processors = np.maximum(each * busy, rounds * one) + _reduction(product, tiles, target)
    return LAUNCH + _overlapped(memory, processors)


def _overlapped(a: Array, b: Array) -> Array:
    """How long two things take that hide one another."""
    return np.maximum(a, b) + EXPOSED * np.minimum(a, b)


def programs(product: Product, tiles: Array, target: Target) -> Array:
    """How many programs run."""
    m, n, _, _, _, split, tma = tiles
    runs = np.where(tma, product.runs, 1)
    rows = runs * ceil_div(target.batch * (product.pixels // runs), m)
    return rows * ceil_div(product.columns, n) * product.products * split


def _program(product: Product, tiles: Array, target: Target) -> tuple[Array, Array]:
    """How long a program has a multiprocessor busy, and how long its steps take one by one."""
    device, size = target.device, bytes_of(target.precision)
    m, n, k, _, stages, split, tma = tiles
    width = product.chunk or n
    # The weights of a chain's second product are one step more, of every chunk.
    macs, loaded = m * product.chunk * n, product.chunk * n
    steps, loads = np.full_like(m, product.chunk > 0), product.chunk * n * size / WIDE
    for loop in product.loops:
        count = ceil_div(loop.runs * ceil_div(loop.depth, k), split)
        left, right = m * k * loop.reads, k * width
        wide = left * (1 / loop.adjacent if loop.adjacent else size / WIDE)
        steps, macs = steps + count, macs + count * m * k * width
        loaded = loaded + count * (left + right)
        loads = loads + count * (wide + right * size / WIDE)
    # Each 64 rows of a product read the right factor anew.
    operands = macs / np.minimum(m, 64) + macs / width
    ends = m * n * (1 + product.tensors) * size
    rate = device.rates["float32" if product.is_streamed else target.precision] / device.sms
    rate = rate * np.where(tma | product.is_streamed, 1, POINTERS)
    work = np.maximum.reduce(
        [
            2 * product.repeats * macs / rate,
            (product.repeats * loaded * size + ends) / _cache_rate(product, tiles, target),
            product.repeats * operands * size / SHARED_BANDWIDTH,
        ]
    )
    issue = np.where(tma, 0, product.repeats * loads / (device.gather_rate / device.sms))
    steps = product.repeats * steps
    busy = work + issue + steps * STEP
    # With one stage a step waits for its own numbers, and only then works.
    return busy, steps * LATENCY / np.maximum(1, stages - 1) + np.where(stages == 1, busy, 0)


def _cache_rate(product: Product, tiles: Array, target: Target) -> Array:
    """Bytes a second that a multiprocessor draws from the cache, beside the others at work."""
    busy = np.minimum(programs(product, tiles, target), target.device.sms)
    return np.minimum(PORT, target.device.l2_bandwidth / busy)


def _reduction(product: Product, tiles: Array, target: Target) -> Array:
    """What the program that counts last does: it waits for the others' sums, and adds them up."""
    m, n, _, _, _, split, _ = tiles
    sums = split * m * n * bytes_of("float32")
    wait = 2 * LATENCY + sums / _cache_rate(product, tiles, target)
    return np.where(split > 1, wait, 0.0)


def resident(product: Product, tiles: Array, target: Target) -> Array:
    """How many programs a multiprocessor has at once; none fits where it is 0."""
    processor, threads = target.device.multiprocessor, 32 * tiles[3]
    memory = processor.shared // (shared(product, tiles, target) + RESERVED)
    used = threads * np.minimum(255, registers(product, tiles, target))
    most = np.minimum(processor.programs, processor.threads // threads)
    return np.minimum(np.minimum(memory, processor.registers // used), most)


def shared(product: Product, tiles: Array, target: Target) -> Array:
    """Bytes of shared memory that a program asks for: the blocks of all stages.

    Loops take turns in the same memory, as a rule. What has one step is no loop, and has a block
    beside it.
    """
    m, n, k, _, stages, split, tma = tiles
    block = (m * k + k * (product.chunk or n)) * bytes_of(target.precision)
    loops: Array = (steps_of(product, tiles) > split).sum(axis=0)
    at_once: Array = np.where(tma & product.is_apart, loops, np.minimum(loops, 1))
    blocks: Array = at_once * stages + len(product.loops) - loops
    return np.zeros_like(block) if product.is_streamed else blocks * block


def steps_of(product: Product, tiles: Array) -> NDArray[np.int64]:
    """How many steps each loop over K has, those of all programs that share them."""
    return np.array([loop.runs * ceil_div(loop.depth, tiles[2]) for loop in product.loops])


def registers(product: Product, tiles: Array, target: Target) -> Array:
    """About how many registers a thread needs: sums, pointers of its loads, and the rest."""
    m, n, k, warps, _, _, tma = tiles
    size, threads = bytes_of(target.precision), 32 * warps
    if product.is_streamed:
        return OVERHEAD + k * n // threads
    # A pool has the best sums so far besides; what an epilogue reads is packed, and soon used up.
    blocks = 2.25 if product.repeats > 1 and not product.chunk else 1 + product.tensors / 3
    sums = m * (n * blocks + product.chunk)
    loads = m * k * (WIDE // size if product.is_scattered else 1) + k * (product.chunk or n)
    pointers = np.where(tma, 0, 2 * loads * size // WIDE * len(product.loops))
    windows = WINDOW * any(loop.runs > 1 for loop in product.loops)
    several = SEVERAL * (product.outputs > 1 and not product.chunk)
    scattered = SCATTERED * product.is_scattered
    return OVERHEAD + windows + scattered + several + (sums + pointers) // threads
