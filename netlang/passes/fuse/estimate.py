"""About how long a kernel takes: enough to choose between two ways to compute the same.

The floor of a layer (`netlang.cost`) asks what no kernel can undercut. A choice between kernels
hangs on what floors leave out: that each launch has a start and an end, that a few programs leave
most of a device idle, and that every tile of pixels draws the weights from the cache anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import prod

from netlang.device import LAUNCH, Target
from netlang.ground.integers import ceil_div, rounded_up
from netlang.ir.composite import Chain
from netlang.ir.fused import anchor_of
from netlang.ir.op import Op, infer
from netlang.ir.types import Types
from netlang.kernels.precision import bytes_of
from netlang.ops.pool import MaxPool
from netlang.work import Work

ROWS, COLUMNS = 64, 128
"""The tile of a product: output pixels x output channels."""


@dataclass(frozen=True)
class TiledWork(Work):
    """What a kernel does, and how it is cut into tiles.

    `pixels` are those of an image that tiles are cut from; `columns` the tiles that share pixels;
    `gathers` the loads per image that have an address each.
    """

    pixels: int
    columns: int = 1
    gathers: int = 0

    @staticmethod
    @lru_cache(maxsize=4096)
    def of(op: Op, inputs: Types) -> TiledWork:
        """The work of an operator in a kernel of its own."""
        output = infer(op, inputs)
        return TiledWork(
            macs=op.macs(inputs, output),
            moved=sum(op.reads(inputs, output)) + output.elements,
            weights=sum(prod(weight.shape) for weight in op.weights(inputs).values()),
            pixels=output.height * output.width,
            columns=ceil_div(output.channels, COLUMNS),
        )

    def programs(self, batch: int) -> int:
        """How many tiles it is cut into."""
        return self._rows(batch) * self.columns

    def seconds(self, target: Target) -> float:
        """The time of a launch on a target."""
        device, batch = target.device, target.batch
        drawn = bytes_of(target.precision) * self._rows(batch) * self.weights
        cache = drawn / device.l2_bandwidth
        loads = batch * self.gathers / device.gather_rate
        busy = _share(self.programs(batch), device.sms)
        issue = max(self.compute_seconds(target), loads) / busy
        return LAUNCH + max(self.memory_seconds(target), cache, issue)

    def _rows(self, batch: int) -> int:
        """How many tiles lie below one another."""
        return ceil_div(batch * self.pixels, ROWS)


def work_per_window(chain: Chain, inputs: Types) -> TiledWork:
    """The work of a convolution that is computed anew for each window of the max pool behind it."""
    pool = anchor_of(chain.second)
    assert isinstance(pool, MaxPool)
    (given, read), (between, after) = chain.types(inputs), chain.results(inputs)
    rows, cols = pool.windows(between)
    windows = rows.kernel * rows.output * cols.kernel * cols.output
    work, behind = TiledWork.of(chain.first, given), TiledWork.of(chain.second, read)
    return replace(
        work,
        macs=work.macs * windows // (between.height * between.width),
        moved=work.moved + behind.moved - between.elements - read[0].elements,
        pixels=after.height * after.width,
    )


def seconds(works: Sequence[TiledWork], target: Target) -> float:
    """The time of launches, one after the other."""
    return sum(work.seconds(target) for work in works)


def dearer(old: Sequence[TiledWork], new: Sequence[TiledWork], target: Target) -> str:
    """Why new kernels are no better than the old ones, by their time; empty where they are."""
    before, after = seconds(old, target), seconds(new, target)
    if after < before:
        return ""
    times = f"about {1e6 * after:.1f} us, and takes {1e6 * before:.1f} as it is"
    return f"it would take {times} ({target})"


def _share(programs: int, processors: int) -> float:
    """How much of the device so many programs keep busy, the last wave included."""
    return programs / rounded_up(programs, processors)
