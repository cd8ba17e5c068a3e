"""About how long a kernel takes: enough to choose between two ways to compute the same.

The floor of a layer (`netlang.cost`) asks what no kernel can undercut. A choice between kernels
hangs on what floors leave out: that each launch has a start and an end, that a few programs leave
most of a device idle, and that every tile of pixels draws the weights from the cache anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

from netlang.device import LAUNCH, Target
from netlang.ir.op import Op, infer
from netlang.ir.types import Types
from netlang.kernels.precision import bytes_of

ROWS, COLUMNS = 64, 128
"""The tile of a product: output pixels x output channels."""


@dataclass(frozen=True)
class Work:
    """What a kernel does: an image's multiply-adds and activations moved (numbers), its weights.

    `pixels` are those of an image that tiles are cut from; `columns` the tiles that share pixels;
    `gathers` the loads of an image that have an address each.
    """

    macs: int
    moved: int
    weights: int
    pixels: int
    columns: int = 1
    gathers: int = 0

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(op: Op, inputs: Types) -> Work:
        """That of an operator in a kernel of its own."""
        output = infer(op, inputs)
        return Work(
            macs=op.macs(inputs, output),
            moved=sum(op.reads(inputs, output)) + output.elements,
            weights=sum(prod(weight.shape) for weight in op.weights(inputs).values()),
            pixels=output.height * output.width,
            columns=-(-output.channels // COLUMNS),
        )

    def programs(self, batch: int) -> int:
        """How many tiles it is cut into."""
        return -(-batch * self.pixels // ROWS) * self.columns

    def seconds(self, target: Target) -> float:
        """The time of a launch on a target."""
        device, precision, batch = target.device, target.precision, target.batch
        size = bytes_of(precision)
        rows = -(-batch * self.pixels // ROWS)
        memory = size * (batch * self.moved + self.weights) / device.bandwidth
        cache = size * rows * self.weights / device.l2_bandwidth
        arithmetic = 2 * batch * self.macs / device.rates[precision]
        loads = batch * self.gathers / device.gather_rate
        busy = _share(self.programs(batch), device.sms)
        return LAUNCH + max(memory, cache, max(arithmetic, loads) / busy)


def seconds(works: Sequence[Work], target: Target) -> float:
    """The time of launches, one after the other."""
    return sum(work.seconds(target) for work in works)


def dearer(old: Sequence[Work], new: Sequence[Work], target: Target) -> str:
    """Why new kernels are no better than the old ones, by their time; empty where they are."""
    before, after = seconds(old, target), seconds(new, target)
    if after < before:
        return ""
    times = f"about {1e6 * after:.1f} us, and takes {1e6 * before:.1f} as it is"
    return f"it would take {times} ({target})"


def _share(programs: int, processors: int) -> float:
    """How much of the device so many programs keep busy, the last wave included."""
    return programs / (-(-programs // processors) * processors)
