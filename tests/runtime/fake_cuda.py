"""The few functions of torch.cuda that the loader uses, on the CPU: they note what is asked.

As on a GPU, a launch that is being captured does not run; it runs at every replay, on memory that
somebody else must have kept.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from weakref import ref

import pytest
import torch


@dataclass
class Stream:
    """A stream; torch gives `aside` to who asks for one."""

    name: str = "aside"
    cuda_stream: int = 0


@dataclass
class Graph:
    """A graph of what was launched while it was captured."""

    gpu: FakeCuda
    launches: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def replay(self) -> None:
        self.gpu.note("replay")
        for launch in self.launches:
            launch()


@dataclass
class Kernel:
    """A kernel that does in torch what `body` says; it is launched and compiled like Triton's."""

    gpu: FakeCuda
    name: str
    body: Callable[..., None]

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        def launch(*arguments: Any, **options: Any) -> None:
            self.gpu.options.append(options)
            self.gpu.note(f"{self.name} on {grid[0]}, {self.gpu.current.name}")
            if self.gpu.capturing is None:
                self.body(*arguments)
            else:
                *tensors, batch = arguments
                addresses = [ref(tensor) for tensor in tensors]
                self.gpu.capturing.launches.append(lambda: self._again(addresses, batch))

        return launch

    def _again(self, addresses: list[ref[Any]], batch: int) -> None:
        tensors = [address() for address in addresses]
        assert all(tensor is not None for tensor in tensors), "a graph writes into freed memory"
        self.body(*tensors, batch)

    def warmup(self, *arguments: Any, grid: tuple[int, ...], **options: Any) -> None:
        assert arguments
        assert options["num_warps"]
        self.gpu.note(f"compile {self.name}")


class FakeCuda:
    """A GPU of a compute capability, with so many bytes free; `events` is what it was asked."""

    def __init__(self, capability: tuple[int, int] = (9, 0), free: int = 10**6) -> None:
        self.capability, self.free = capability, free
        self.events: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.capturing: Graph | None = None
        self.current = Stream("caller")

    def note(self, event: str) -> None:
        self.events.append(event)

    def noted(self) -> list[str]:
        """The events since the last time."""
        events, self.events = self.events, []
        return events

    def install(self, patch: pytest.MonkeyPatch) -> None:
        """Puts it in the place of torch's."""
        cuda = torch.cuda
        patch.setattr(cuda, "is_available", lambda: True)
        patch.setattr(cuda, "device_count", lambda: 1)
        patch.setattr(cuda, "get_device_capability", lambda device: self.capability)
        patch.setattr(cuda, "mem_get_info", lambda device: (self.free, 10**9))
        patch.setattr(cuda, "device", lambda device: self.use(self.current))
        patch.setattr(cuda, "current_stream", lambda device: self.current)
        patch.setattr(cuda, "Stream", self.stream)
        patch.setattr(cuda, "stream", self.use)
        patch.setattr(cuda, "CUDAGraph", lambda: Graph(self))
        patch.setattr(cuda, "graph", self.capture)
        patch.setattr(cuda, "is_current_stream_capturing", lambda: self.capturing is not None)

    def stream(self, device: torch.device) -> Stream:
        """One of torch's streams."""
        self.note("a stream")
        return Stream()

    @contextmanager
    def use(self, stream: Stream) -> Generator[None]:
        """Makes a stream the current one."""
        before, self.current = self.current, stream
        yield
        self.current = before

    @contextmanager
    def capture(self, graph: Graph, stream: Stream, capture_error_mode: str) -> Generator[None]:
        """Captures what is launched on a stream."""
        assert self.capturing is None, "torch captures one graph at a time"
        assert capture_error_mode == "thread_local"
        self.note("capture")
        self.capturing = graph
        with self.use(stream):
            yield
        self.capturing = None
        self.note("captured")
