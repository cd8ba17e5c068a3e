"""Runs a network that netlang compiled. It needs this folder, torch and triton; not netlang.

    import torch
    from model import Model                 # with this folder on Python's path

    model = Model.load(".")                 # this folder; the weights go to the GPU once
    logits = model(torch.randn(8, 3, 224, 224, device="cuda"))

The first call of a batch size compiles kernels and captures all launches in one CUDA graph, which
later calls replay; `model.prepare(8)` does that ahead. A model may be called from several threads.
Each stream that calls it has its own activations, in an arena of the largest batch it has seen.

A CUDA graph of your own can take a call in, on a stream that is prepared for the batch:

    with torch.cuda.stream(stream):
        model.prepare(8)
    with torch.cuda.graph(graph, stream=stream):
        logits = model(images)

Its replays use that stream's activations: let them take turns with other calls there, and let the
model live as long as the graph.

Without a GPU, TRITON_INTERPRET=1 in the environment runs the same kernels on the CPU: slowly, for
looking at numbers.
"""

from __future__ import annotations

import os
from math import prod
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from netlang.runtime.device import Cuda, Device, DeviceError, Interpreter
from netlang.runtime.folder import DTYPES, ArtifactError, Network, read_network, read_plan
from netlang.runtime.session import Session

__all__ = ["DTYPES", "ArtifactError", "DeviceError", "Model", "device_for"]

INT32 = 2**31 - 1
"""The last pixel and the last program that kernels can count to."""


class Model:
    """A compiled network on a device; `times` are the seconds spent on load, compile, capture."""

    def __init__(self, network: Network, device: torch.device, graph: bool, graphs: int) -> None:
        self.plan, self.device = network.plan, device
        self.inputs = [tuple(shape) for shape in self.plan["inputs"]]
        self.output = tuple(self.plan["output"])
        self.largest_batch = _largest_batch(self.plan)
        self._network, self._graph, self._graphs = network, graph, graphs
        self._on: Device = Interpreter() if _is_interpreted() else Cuda(device, graph)
        self._sessions: dict[int, Session] = {}

    @classmethod
    def load(
        cls,
        folder: str | Path,
        device: str | torch.device | None = None,
        *,
        graph: bool = True,
        graphs: int = 8,
    ) -> Model:
        """The model in a folder of `netlang compile -o`, on the GPU unless told otherwise.

        Without `graph` every call launches its kernels one by one. `graphs` is how many batch
        sizes a stream keeps ready: those that were used last.
        """
        start = perf_counter()
        plan = read_plan(Path(folder))
        place = device_for(device, plan)
        model = cls(read_network(Path(folder), plan, place), place, graph, graphs)
        model.times["load"] = perf_counter() - start
        return model

    def to(self, device: str | torch.device) -> Model:
        """The same network on another GPU, with weights, activations and graphs of its own."""
        start = perf_counter()
        place = device_for(device, self.plan)
        model = Model(self._network.to(place), place, self._graph, self._graphs)
        model.times["load"] = perf_counter() - start
        return model

    @property
    def times(self) -> dict[str, float]:
        """Seconds spent so far: on `load`, and of first calls on `compile` and on `capture`."""
        return self._on.times

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor, out: Tensor | None = None) -> Tensor:
        """The network's result for tensors N x C x H x W, in the data type of the first of them.

        It is a new tensor, or `out`, of any of the data types that inputs may have.
        """
        batch = self._check(inputs, out)
        if batch == 0:
            return inputs[0].new_empty((0, *self.output)) if out is None else out
        with self._on.selected():
            return self._session.run(inputs, out)

    @torch.inference_mode()
    def prepare(self, batch: int) -> None:
        """Compiles and captures for a batch size ahead of its first call on this stream.

        Meanwhile no other thread may wait for the whole device (`torch.cuda.synchronize`).
        """
        self._check_batch(batch)
        with self._on.selected():
            self._session.prepare(batch)

    def __repr__(self) -> str:
        shapes = ", ".join("N" + "".join(f"x{n}" for n in shape) for shape in self.inputs)
        return f"Model({self.plan['network']}, {self.plan['precision']}, {shapes}, {self.device})"

    @property
    def _session(self) -> Session:
        """That of the caller's stream."""
        stream = self._on.stream
        if stream not in self._sessions:
            new = Session(self._network, self._on, self.device, self._graphs)
            # Of two threads on one stream the first one's stays.
            self._sessions.setdefault(stream, new)
        return self._sessions[stream]

    def _check(self, inputs: tuple[Tensor, ...], out: Tensor | None) -> int:
        """The batch of the inputs; errors where they are not what the network takes."""
        name = self.plan["network"]
        if len(inputs) != len(self.inputs):
            raise TypeError(f"{name} takes {len(self.inputs)} tensor(s), and gets {len(inputs)}")
        for x, shape in zip(inputs, self.inputs, strict=True):
            if tuple(x.shape[1:]) != shape or x.dim() != len(shape) + 1:
                raise ValueError(f"{name} takes {_text(('N', *shape))}, and gets {_text(x.shape)}")
            if x.dtype not in DTYPES.values():
                raise TypeError(f"{name} takes float32, float16 or bfloat16, and gets {x.dtype}")
            if x.device != self.device:
                raise ValueError(f"{name} is on {self.device}, and its input on {x.device}")
        batch = inputs[0].shape[0]
        if any(x.shape[0] != batch for x in inputs):
            raise ValueError(f"{name} takes inputs of one batch size")
        if batch:
            self._check_batch(batch)
        if out is not None:
            self._check_out(out, (batch, *self.output))
        return batch

    def _check_batch(self, batch: int) -> None:
        if not 1 <= batch <= self.largest_batch:
            raise ValueError(
                f"{self.plan['network']} takes up to {self.largest_batch} images at a time, "
                f"and gets {batch}"
            )

    def _check_out(self, out: Tensor, shape: tuple[int, ...]) -> None:
        name = self.plan["network"]
        if tuple(out.shape) != shape:
            raise ValueError(f"{name} gives {_text(shape)}, and out is {_text(out.shape)}")
        if out.dtype not in DTYPES.values():
            raise TypeError(f"{name} gives float32, float16 or bfloat16, and out is {out.dtype}")
        if out.device != self.device:
            raise ValueError(f"{name} is on {self.device}, and out on {out.device}")


def _text(shape: tuple[int | str, ...]) -> str:
    return "x".join(map(str, shape))


def _largest_batch(plan: dict[str, Any]) -> int:
    """The images whose pixels, and the programs for them, still have numbers of 32 bits.

    Programs that share a tile of pixels are taken for as many tiles: some have pixels of their own.
    """
    limits = [INT32 // prod(shape[1:]) for shape in plan["inputs"]]
    for function in plan["functions"].values():
        pixels = sum(per_image * times for per_image, _, times in function["grid"])
        # A last tile may reach beyond the last pixel.
        beyond = sum(tile * times for _, tile, times in function["grid"])
        limits.append((INT32 - beyond) // pixels)
    return min(limits)


def _is_interpreted() -> bool:
    return os.environ.get("TRITON_INTERPRET") == "1"


def device_for(device: str | torch.device | None, plan: dict[str, Any]) -> torch.device:
    """A device on which a plan can run, as tensors have it: "cuda" is not equal to "cuda:0"."""
    place = torch.device(device or ("cpu" if _is_interpreted() else "cuda"))
    if place.type == "cuda":
        _require_gpu(place, plan)
    elif place.type != "cpu":
        raise DeviceError(f"kernels run on CUDA devices, and not on '{place}'")
    elif not _is_interpreted():
        raise DeviceError("on the CPU the kernels run with TRITON_INTERPRET=1 only")
    if _is_interpreted() and plan["precision"] == "bfloat16":
        raise DeviceError("Triton's interpreter multiplies bfloat16 wrongly; use another dtype")
    return torch.empty(0, device=place).device


def _require_gpu(place: torch.device, plan: dict[str, Any]) -> None:
    if not torch.cuda.is_available():
        raise DeviceError("torch finds no CUDA device; TRITON_INTERPRET=1 runs on the CPU, slowly")
    if (place.index or 0) >= torch.cuda.device_count():
        raise DeviceError(f"torch finds {torch.cuda.device_count()} CUDA device(s), and no {place}")
    needs_tma = any(function.get("descriptors") for function in plan["functions"].values())
    major, minor = torch.cuda.get_device_capability(place)
    if needs_tma and major < 9 and not _is_interpreted():
        raise DeviceError(
            f"{plan['network']} was compiled for GPUs of compute capability 9.0 and newer, and "
            f"{place} has {major}.{minor}: compile it with `netlang compile --device a100-80gb`"
        )
