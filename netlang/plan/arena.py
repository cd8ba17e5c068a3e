"""Many buffers in one arena: those that live at the same time may not overlap.

The offline problem is NP-hard; networks are easy instances. Buffers are placed one after the
other into the tightest gap between those that they meet, in a few orders, and the best arena wins
(Pisarchyk and Lee 2020, "Efficient Memory Management for Deep Neural Net Inference", whose
"greedy by size" is one of the orders here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from netlang.ground.integers import rounded_up

ALIGNMENT = 128
"""Bytes per image of which every offset is a multiple: pointers are aligned at any batch."""


@dataclass(frozen=True)
class Lifetime:
    """A buffer of `size` bytes that is in use from launch `first` to launch `last`."""

    size: int
    first: int
    last: int

    @property
    def aligned(self) -> int:
        """The bytes that it takes in the arena."""
        return rounded_up(self.size, ALIGNMENT)


@dataclass(frozen=True)
class Arena:
    """The offset of each buffer, and the size of it all."""

    offsets: tuple[int, ...]
    size: int


def pack(lifetimes: Sequence[Lifetime]) -> Arena:
    """Offsets for buffers, in the smallest arena that was found."""
    least = _peak(lifetimes, [life.aligned for life in lifetimes])
    arenas: list[Arena] = []
    for order in _orders(lifetimes):
        arenas.append(_place(lifetimes, order))
        if arenas[-1].size == least:
            break
    return min(arenas, key=lambda arena: arena.size)


def lower_bound(lifetimes: Sequence[Lifetime]) -> int:
    """The most bytes that are in use at one time: no arena is smaller."""
    return _peak(lifetimes, [life.size for life in lifetimes])


def _peak(lifetimes: Sequence[Lifetime], sizes: Sequence[int]) -> int:
    return max(_usage(lifetimes, sizes), default=0)


def _usage(lifetimes: Sequence[Lifetime], sizes: Sequence[int]) -> list[int]:
    """Bytes in use at each launch."""
    change = [0] * (max((life.last for life in lifetimes), default=-1) + 2)
    for life, size in zip(lifetimes, sizes, strict=True):
        change[life.first] += size
        change[life.last + 1] -= size
    return list(accumulate(change))


def _orders(lifetimes: Sequence[Lifetime]) -> list[list[int]]:
    usage = _usage(lifetimes, [life.size for life in lifetimes])

    def load(life: Lifetime) -> int:
        return max(usage[life.first : life.last + 1])

    keys: tuple[Callable[[Lifetime], tuple[int, ...]], ...] = (
        lambda life: (life.size, life.last - life.first),
        lambda life: (load(life), life.size),
        lambda life: (life.size * (life.last - life.first + 1),),
        lambda life: (life.last - life.first, life.size),
        lambda life: (-life.first, life.size),
    )
    indices = range(len(lifetimes))
    return [sorted(indices, key=lambda i: key(lifetimes[i]), reverse=True) for key in keys]


def _place(lifetimes: Sequence[Lifetime], order: Sequence[int]) -> Arena:
    offsets, total = [0] * len(lifetimes), 0
    # The buffers placed so far that are in use at each launch: few, however many there are in all.
    in_use: list[list[int]] = [[] for _ in range(max((i.last for i in lifetimes), default=-1) + 1)]
    for index in order:
        life = lifetimes[index]
        span = in_use[life.first : life.last + 1]
        met = {other for launch in span for other in launch}
        taken = sorted((offsets[i], offsets[i] + lifetimes[i].aligned) for i in met)
        offsets[index] = _tightest_gap(taken, life.aligned)
        total = max(total, offsets[index] + life.aligned)
        for launch in span:
            launch.append(index)
    return Arena(tuple(offsets), total)


def _tightest_gap(taken: Sequence[tuple[int, int]], size: int) -> int:
    """Where the smallest gap begins that holds `size`; behind everything, if none does."""
    best, least, end = None, 0, 0
    for start, stop in taken:
        gap = start - end
        if gap >= size and (best is None or gap < least):
            best, least = end, gap
        end = max(end, stop)
    return end if best is None else best
