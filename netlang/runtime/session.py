"""What a model keeps for one stream: an arena, and the launches of each batch bound to it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from netlang.runtime.device import Device, Launch, Run
from netlang.runtime.folder import DTYPES, Network

ALIGNMENT = 128
"""Bytes, as in the plan's own arena."""


@dataclass(frozen=True)
class Piece:
    """Where an input or the output lies: `offset` bytes an image into the arena, contiguous."""

    offset: int
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def end(self) -> int:
        """The first byte behind it that is aligned."""
        size = prod(self.shape) * self.dtype.itemsize
        return self.offset + -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True, eq=False)
class Forward:
    """A forward pass of one batch, from its inputs to its output, which stay where they are."""

    inputs: list[Tensor]
    output: Tensor
    run: Run


class Session:
    """A stream's activations and launches; calls from several threads take turns.

    There is one arena, of so many bytes an image of the largest batch so far; when it grows, every
    pass is bound anew. Of the passes `kept` stay, those of the batches that were used last, and
    those that a graph of the caller's own has taken: it has their addresses, and owns nothing.
    """

    def __init__(self, network: Network, device: Device, where: torch.device, kept: int) -> None:
        self._network, self._device, self._kept = network, device, kept
        self._pieces = dict(_pieces(network.plan))
        self._bytes = self._pieces["output"].end
        self._arena = torch.empty(0, dtype=torch.uint8, device=where)
        # Each launch leaves its counters at zero, as it found them.
        self._counters = torch.zeros(0, dtype=torch.int32, device=where)
        self._passes: OrderedDict[int, Forward] = OrderedDict()
        self._taken: set[Forward] = set()
        self._turn = Lock()

    def run(self, inputs: Sequence[Tensor], out: Tensor | None) -> Tensor:
        """The network's result, in `out` or in a tensor of the data type of the first input."""
        with self._turn:
            forward = self._forward(len(inputs[0]))
            if self._device.capturing:
                self._taken.add(forward)
            for own, x in zip(forward.inputs, inputs, strict=True):
                own.copy_(x)
            forward.run()
            if out is not None:
                return out.copy_(forward.output)
            return forward.output.to(inputs[0].dtype, copy=True)

    def prepare(self, batch: int) -> None:
        """Does ahead what the first run of a batch would wait for."""
        with self._turn:
            self._forward(batch)

    def _forward(self, batch: int) -> Forward:
        if batch not in self._passes:
            if self._device.capturing:
                raise RuntimeError(self._unprepared(batch))
            self._reserve(batch)
            self._passes[batch] = self._bound(batch)
            if len(self._passes) > self._kept:
                self._passes.popitem(last=False)
        self._passes.move_to_end(batch)
        return self._passes[batch]

    def _unprepared(self, batch: int) -> str:
        return (
            f"{self._network.plan['network']} is not ready for {batch} images on the stream that "
            f"is being captured: call model.prepare({batch}) on this stream first, and give "
            "torch.cuda.graph the same stream"
        )

    def _reserve(self, batch: int) -> None:
        """Makes room for a batch."""
        if batch * self._bytes <= len(self._arena):
            return
        self._passes.clear()
        # The old arena goes before the new one comes: there may be no room for both.
        self._arena = self._arena[:0].clone()
        try:
            self._counters = self._counters.new_zeros(batch * self._network.plan["counters"])
            self._arena = self._arena.new_empty(batch * self._bytes)
        except torch.cuda.OutOfMemoryError:
            raise torch.cuda.OutOfMemoryError(self._shortage(batch)) from None

    def _shortage(self, batch: int) -> str:
        free, _ = torch.cuda.mem_get_info(self._arena.device)
        return (
            f"{self._network.plan['network']} needs {batch * self._bytes:,} bytes for {batch} "
            f"images, and {free:,} are free on {self._arena.device}: "
            f"{free // self._bytes} images at a time would fit"
        )

    def _bound(self, batch: int) -> Forward:
        calls = self._network.plan["calls"]
        launches = [self._launch(function, arguments, batch) for _, function, arguments in calls]
        *inputs, output = (self._pointer(name, batch) for name in self._pieces)
        return Forward(inputs, output, self._device.ready(launches))

    def _launch(self, function: str, arguments: Sequence[str], batch: int) -> Launch:
        settings = self._network.plan["functions"][function]
        pointers: list[Any] = [self._pointer(argument, batch) for argument in arguments]
        for position, descriptor in settings.get("descriptors", {}).items():
            pointers[int(position)] = _described(pointers[int(position)], descriptor, batch)
        return Launch(
            kernel=getattr(self._network.kernels, function),
            programs=_programs(settings["grid"], batch),
            arguments=[*pointers, batch],
            options={
                "num_warps": settings["warps"],
                "num_stages": settings["stages"],
                **self._device.options,
            },
        )

    def _pointer(self, argument: str, batch: int) -> Tensor:
        """The tensor that an argument of plan.json means."""
        if piece := self._pieces.get(argument):
            start, shape = piece.offset * batch, (batch, *piece.shape)
            size = prod(shape) * piece.dtype.itemsize
            return self._arena[start : start + size].view(piece.dtype).view(shape)
        kind, _, which = argument.partition(" ")
        if kind == "weight":
            return self._network.weights[which]
        if kind == "counters":
            return self._counters[int(which) * batch :]
        dtype = "float32" if kind == "scratch" else self._network.plan["precision"]
        return self._arena[int(which) * batch :].view(DTYPES[dtype])


def _pieces(plan: dict[str, Any]) -> Iterator[tuple[str, Piece]]:
    """The inputs and the output, by the names that plan.json has for them, behind its own arena.

    They are float32: numbers are rounded where they are first multiplied, and then to the data type
    of the call. Kernels copy pixels of four bytes ahead of their use, which those of two cannot be.
    """
    end = plan["arena"]
    for i, shape in enumerate(plan["inputs"]):
        piece = Piece(end, torch.float32, tuple(shape))
        yield f"input {i}", piece
        end = piece.end
    yield "output", Piece(end, torch.float32, tuple(plan["output"]))


def _described(buffer: Tensor, descriptor: dict[str, Any], batch: int) -> Any:
    """A descriptor of a buffer, as `Descriptor` says in the compiler: [number, power of batch]."""
    from triton.tools.tensor_descriptor import TensorDescriptor

    shape, strides = (
        [number * batch**power for number, power in descriptor[key]] for key in ("shape", "strides")
    )
    base = buffer.flatten()[descriptor["offset"] :]
    return TensorDescriptor(base, shape, strides, descriptor["block"])


def _programs(grid: list[list[int]], batch: int) -> int:
    """How many programs cover a batch: the sum of [pixels an image, pixels a program, times]."""
    return sum(-(-batch * pixels // tile) * times for pixels, tile, times in grid)
