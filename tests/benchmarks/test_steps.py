"""How a step is captured and timed on a GPU: the calls of torch.cuda in their order, on a fake."""

from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from benchmarks.gpu.steps import WARM_UP, Steps, leave_default_stream

told: list[str] = []


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
def captured(graph: Any, stream: str) -> Generator[None]:
    told.append(f"capture on {stream}")
    yield
    told.append("captured")


def test_a_step_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = ["default"]
    fakes: dict[str, Any] = {
        "is_available": lambda: True,
        "Stream": lambda: "aside",
        "set_stream": streams.append,
        "current_stream": lambda: streams[-1],
        "default_stream": lambda: "default",
        "CUDAGraph": lambda: SimpleNamespace(replay=lambda: told.append("replay")),
        "graph": captured,
        "Event": Event,
        "synchronize": lambda: told.append("wait"),
    }
    for name, fake in fakes.items():
        monkeypatch.setattr(torch.cuda, name, fake)

    def step() -> torch.Tensor:
        told.append("step")
        return torch.tensor(told.count("step"))

    told.clear()
    leave_default_stream()
    leave_default_stream()
    assert streams == ["default", "aside"]
    steps = Steps(step)
    assert told == [*["step"] * (1 + WARM_UP), "capture on aside", "step", "captured"]
    assert steps.result == WARM_UP + 2  # what the graph leaves, not what came before it
    told.clear()
    assert steps.seconds(3) == 0.25
    assert told == ["record", "replay", "replay", "replay", "record", "synchronize"]
    told.clear()
    assert len(steps.each(2)) == 2
    assert told == ["replay", "wait"] * 3  # the first is not counted
