"""Repeating what torch does: on a GPU as a CUDA graph, timed by its own clock."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor

WARM_UP = 3
"""Calls ahead of a capture, in which libraries choose algorithms and allocate what they keep."""


def device() -> torch.device:
    """The GPU; the CPU where there is none, so that all but the speed can be looked at."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def leave_default_stream() -> None:
    """Makes a stream current that can be captured, as the default one cannot."""
    if not torch.cuda.is_available():
        return
    if torch.cuda.current_stream() == torch.cuda.default_stream():
        torch.cuda.set_stream(torch.cuda.Stream())


def wait() -> None:
    """Until the device has nothing left to do."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()


class Steps:
    """A step without arguments, ready to be repeated; `result` is where it leaves its output.

    All contenders that use torch are captured here, in the same way: none waits for its launches,
    or allocates. The current stream has to be one of its own (`leave_default_stream`).
    """

    def __init__(self, step: Callable[[], Tensor]):
        self._again: Callable[[], object] = step
        self.result = step()
        if torch.cuda.is_available():
            self._capture(step)

    def seconds(self, repetitions: int) -> float:
        """How long so many steps take, one behind the other."""
        if not torch.cuda.is_available():
            return _seconds(self._again, repetitions)
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        start.record()
        for _ in range(repetitions):
            self._again()
        end.record()
        end.synchronize()
        return start.elapsed_time(end) / 1e3

    def each(self, repetitions: int) -> list[float]:
        """How long each of so many steps takes, from the host's launch until the device is done."""

        def whole() -> None:
            self._again()
            wait()

        whole()
        return [_seconds(whole, 1) for _ in range(repetitions)]

    def _capture(self, step: Callable[[], Tensor]) -> None:
        for _ in range(WARM_UP):
            step()
        graph = torch.cuda.CUDAGraph()
        # What keeps memory for each stream, as netlang's loader does, shall find it again.
        with torch.cuda.graph(graph, stream=torch.cuda.current_stream()):
            self.result = step()
        self._again = graph.replay


def _seconds(action: Callable[[], object], repetitions: int) -> float:
    start = perf_counter()
    for _ in range(repetitions):
        action()
    return perf_counter() - start


def most_bytes(action: Callable[[], object]) -> int:
    """The most bytes of the GPU that torch has in use while something is done; 0 without a GPU."""
    if not torch.cuda.is_available():
        return 0
    torch.cuda.reset_peak_memory_stats()
    action()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()
