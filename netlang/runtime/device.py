"""Where kernels run: on a GPU, or in Triton's interpreter. Each makes one call of many launches.

Layers that do not wait for each other are no reason for several streams: where that pays, the
compiler has put them into one launch.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass
from functools import cache
from threading import Lock
from time import perf_counter
from typing import Any, Protocol

import torch

Run = Callable[[], None]

PATIENCE = 1.0
"""Seconds after which a terminal is told what is being waited for."""

_ALONE = Lock()
"""Compiling and capturing: torch captures one graph at a time in a process."""


class DeviceError(RuntimeError):
    """A machine that has not what a compiled network needs."""


@dataclass(frozen=True)
class Launch:
    """A kernel on so many programs, with all that it is given."""

    kernel: Any
    programs: int
    arguments: Sequence[Any]
    options: dict[str, Any]

    def __call__(self) -> None:
        self.kernel[(self.programs,)](*self.arguments, **self.options)

    def compile(self) -> None:
        """What the first call would wait for."""
        self.kernel.warmup(*self.arguments, grid=(self.programs,), **self.options)


@dataclass(frozen=True)
class InTurn:
    """Launches one after another."""

    launches: Sequence[Launch]

    def __call__(self) -> None:
        for launch in self.launches:
            launch()


@dataclass(frozen=True)
class Replay:
    """A captured graph, with the launches that own the tensors on which it works.

    A graph that the caller is capturing takes the launches themselves.
    """

    graph: torch.cuda.CUDAGraph
    launches: InTurn

    def __call__(self) -> None:
        if torch.cuda.is_current_stream_capturing():
            self.launches()
        else:
            self.graph.replay()


class Device(Protocol):
    """What the rest of the loader asks of either."""

    times: dict[str, float]
    """Seconds that were spent on `load`, `compile` and `capture`."""

    @property
    def options(self) -> dict[str, bool]:
        """How every kernel is launched, beside its own warps and stages."""
        ...

    @property
    def stream(self) -> int:
        """The caller's stream, as a key."""
        ...

    @property
    def capturing(self) -> bool:
        """Whether the caller is making a graph of what happens on that stream."""
        ...

    def selected(self) -> AbstractContextManager[Any]:
        """A context in which this is the current device."""
        ...

    def ready(self, launches: Sequence[Launch]) -> Run:
        """One call for launches whose tensors stay where they are; never while `capturing`."""
        ...


class Interpreter:
    """Triton's interpreter: there is nothing to make ready."""

    def __init__(self) -> None:
        _require_interpreter()
        self.times = _no_times()
        self.options = {"DEPENDENT": False}
        self.stream, self.capturing = 0, False

    def selected(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def ready(self, launches: Sequence[Launch]) -> Run:
        return InTurn(launches)


class Cuda:
    """A GPU: kernels are compiled side by side, then their launches become one CUDA graph.

    From compute capability 9.0 on a launch is `DEPENDENT`: it starts while the one before it is
    ending, and waits in its own text for what that one writes (programmatic dependent launch).
    """

    def __init__(self, device: torch.device, graph: bool) -> None:
        self.device, self._graph = device, graph
        self.times = _no_times()
        pdl = torch.cuda.get_device_capability(device) >= (9, 0)
        self.options = {"DEPENDENT": True, "launch_pdl": True} if pdl else {"DEPENDENT": False}

    @property
    def stream(self) -> int:
        return torch.cuda.current_stream(self.device).cuda_stream

    @property
    def capturing(self) -> bool:
        return torch.cuda.is_current_stream_capturing()

    def selected(self) -> AbstractContextManager[Any]:
        return torch.cuda.device(self.device)

    def ready(self, launches: Sequence[Launch]) -> Run:
        run = InTurn(launches)
        with _ALONE:
            self.compile(launches)
            with _timed(self.times, "capture"):
                # The first run loads the kernels, which no capture allows, the caller's neither.
                run()
                return Replay(self._captured(run), run) if self._graph else run

    def compile(self, launches: Sequence[Launch]) -> None:
        """Compiles the kernels of launches, side by side."""
        with _timed(self.times, "compile"):
            # When a kernel fails, Triton leaves its mode on in the context that was in it.
            copy_context().run(_compile, launches)

    def _captured(self, run: Run) -> torch.cuda.CUDAGraph:
        """A run as a graph.

        The default stream cannot be captured, hence one aside. Nothing is allocated in between, so
        the graph owns no memory; when it goes while it runs, CUDA frees it afterwards.
        """
        graph, aside = torch.cuda.CUDAGraph(), _aside(self.device)
        # What other threads do in the meantime, such as allocating, is no mistake of this capture.
        with torch.cuda.graph(graph, stream=aside, capture_error_mode="thread_local"):
            run()
        return graph


@cache
def _aside(device: torch.device) -> torch.cuda.Stream:
    """The stream of a device on which all captures are made, one after another.

    torch has 32 streams, and hands them out again from the first: a new one a capture would soon be
    one that another thread works on, whose launches the graph would take in. `cudaStreamCreate`
    would make one that nobody else has, but that one takes turns with the default stream, and so
    whatever anybody launches there would break the capture.
    """
    return torch.cuda.Stream(device)


def _compile(launches: Iterable[Launch]) -> None:
    """Compiles what is not compiled yet, in as many threads as Python thinks fit."""
    import triton

    with _uncollected(), ThreadPoolExecutor() as pool, triton.AsyncCompileMode(pool) as mode:
        for launch in launches:
            launch.compile()
        _show(mode.raw_futures)


@contextmanager
def _uncollected() -> Generator[None]:
    """A block without garbage collection.

    Up to Python 3.11 a collection may begin inside `ast.parse`, whose depth all threads share: if
    a finalizer lets another thread parse, both fail ("AST constructor recursion depth mismatch").
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _show(kernels: Sequence[Future[Any]]) -> None:
    """Waits for kernels, and counts them for whoever watches."""
    start, total = perf_counter(), len(kernels)
    for done, _ in enumerate(as_completed(kernels), 1):
        if sys.stderr.isatty() and perf_counter() - start > PATIENCE:
            line = f"\rcompiled {done} of {total} kernels"
            print(line, end="\n" if done == total else "", file=sys.stderr, flush=True)


def _require_interpreter() -> None:
    """That of Triton 3.6 takes an array of one number for a number, and NumPy no longer does."""
    import numpy as np
    import triton

    if _numbers(triton.__version__) < (3, 7) and _numbers(np.__version__) >= (2, 4):
        raise DeviceError(
            f"Triton's interpreter of {triton.__version__} does not work with NumPy "
            f"{np.__version__}: install 'numpy<2.4', or 'triton>=3.7'"
        )


def _numbers(version: str) -> tuple[int, int]:
    major, minor, *_ = version.split(".")
    return int(major), int(minor)


def _no_times() -> dict[str, float]:
    return {"load": 0.0, "compile": 0.0, "capture": 0.0}


@contextmanager
def _timed(times: dict[str, float], what: str) -> Generator[None]:
    start = perf_counter()
    yield
    times[what] += perf_counter() - start
