"""What each layer asks of a device, and the time below which it cannot stay."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from netlang.device import Device, Target
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Family
from netlang.kernels.precision import Precision
from netlang.ops.shape import ZeroPad
from netlang.plan.place import Place, place, scattered
from netlang.plan.traffic import traffic
from netlang.work import Work


@dataclass(frozen=True)
class LayerWork(Work):
    """What a layer asks of any device, and which layer it is.

    Of the activations that it moves, so many are `written`; the others are read.
    """

    written: int
    name: str
    op: str
    caption: str
    family: Family

    @property
    def read(self) -> int:
        """Activations (numbers) that an image makes it read."""
        return self.moved - self.written


@dataclass(frozen=True)
class Floor:
    """A layer on a device, for a batch: seconds are lower bounds."""

    work: LayerWork
    bytes: int
    flops: int
    memory_seconds: float
    compute_seconds: float

    @property
    def seconds(self) -> float:
        """Memory and arithmetic overlap at best."""
        return max(self.memory_seconds, self.compute_seconds)

    @property
    def bound(self) -> Literal["memory", "compute"]:
        """What takes the time."""
        return "compute" if self.compute_seconds > self.memory_seconds else "memory"

    @property
    def intensity(self) -> float:
        """FLOPs per byte."""
        return self.flops / self.bytes if self.bytes else 0.0


@dataclass(frozen=True)
class Totals:
    """A network as a whole, for a batch; no images a second where nothing takes time."""

    layers: int
    bytes: int
    flops: int
    seconds: float
    images_per_second: float


@dataclass(frozen=True)
class Profile:
    """A network on a device; `floors` has the layers that take time, in the graph's order."""

    network: str
    device: Device
    dtype: Precision
    batch: int
    floors: tuple[Floor, ...]

    @cached_property
    def totals(self) -> Totals:
        """The sums over the layers."""
        seconds = sum(floor.seconds for floor in self.floors)
        return Totals(
            layers=len(self.floors),
            bytes=sum(floor.bytes for floor in self.floors),
            flops=sum(floor.flops for floor in self.floors),
            seconds=seconds,
            images_per_second=self.batch / seconds if seconds else 0.0,
        )

    def share(self, floors: Iterable[Floor]) -> float:
        """The part of the time that some layers take."""
        return sum(f.seconds for f in floors) / self.totals.seconds if self.totals.seconds else 0.0


def profile(graph: Graph, device: Device, dtype: Precision = "float16", batch: int = 1) -> Profile:
    """The floors of a graph as it is: optimize it first, or see what that would save."""
    target = Target(device, dtype, batch)
    floors = tuple(_floor(work, target) for work in workload(graph))
    return Profile(graph.name, device, dtype, batch, floors)


def _floor(work: LayerWork, target: Target) -> Floor:
    return Floor(
        work=work,
        bytes=work.bytes(target),
        flops=work.flops(target.batch),
        memory_seconds=work.memory_seconds(target),
        compute_seconds=work.compute_seconds(target),
    )


def workload(graph: Graph) -> tuple[LayerWork, ...]:
    """What the layers of a graph ask for, without those that ask for nothing."""
    places = place(graph, scattered(graph))
    each = (_work(graph, node, places) for node in graph if not _is_door(graph, node))
    return tuple(w for w in each if w.macs or w.moved)


def _is_door(graph: Graph, node: Node) -> bool:
    """Whether it is a part of how the caller's image comes in."""
    pads = isinstance(node.op, ZeroPad)
    return node.is_input or (pads and graph[node.inputs[0]].is_input)


def _work(graph: Graph, node: Node, places: dict[str, Place]) -> LayerWork:
    read, written = traffic(graph, node, places)
    return LayerWork(
        name=node.name,
        op=node.op.name,
        caption=node.op.caption,
        family=node.op.family,
        macs=graph.macs(node),
        moved=read + written,
        written=written,
        weights=sum(math.prod(weight.shape) for weight in graph.weights(node).values()),
    )
