"""How a step is captured and timed on a GPU: the calls of torch.cuda in their order, on a fake."""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks.gpu.steps import WARM_UP, Steps

told: list[str] = []


class Stream:
    def __init__(self, name: str = "side"):
        self.name = name

    def wait_stream(self, other: "Stream") -> None:
        told.append(f"{self.name} waits for {other.name}")


class Event:
    def __init__(self, enable_timing: bool):
        assert enable_timing

    def record(self) -> None:
        told.append("record")

    def synchronize(self) -> None:
        told.append("synchronize")

    def elapsed_time(self, end: "Event") -> float:
        return 250.0


@contextmanager
def inside(what: Any) -> Generator[None]:
    told.append(f"in {what.name}")
    yield
    told.append(f"out of {what.name}")


def graph() -> Any:
    return SimpleNamespace(name="graph", replay=lambda: told.append("replay"))


def test_a_step_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    main = Stream("main")
    fakes: dict[str, Any] = {
        "is_available": lambda: True,
        "current_stream": lambda: main,
        "Stream": Stream,
        "stream": inside,
        "CUDAGraph": graph,
        "graph": inside,
        "Event": Event,
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(torch.cuda, name, fake)

    def step() -> torch.Tensor:
        told.append("step")
        return torch.tensor(told.count("step"))

    told.clear()
    steps = Steps(step)
    assert told == [
        "step",
        "side waits for main",
        "in side",
        *["step"] * WARM_UP,
        "out of side",
        "main waits for side",
        "in graph",
        "step",
        "out of graph",
    ]
    assert steps.result == WARM_UP + 2  # what the graph leaves, not what came before it
    told.clear()
    assert steps.seconds(3) == 0.25
    assert told == ["record", "replay", "replay", "replay", "record", "synchronize"]
