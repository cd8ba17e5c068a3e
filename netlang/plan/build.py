"""Graph to plan: launches in the order of the nodes, between two doors for torch's NCHW."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from netlang.ir.graph import Graph, Node
from netlang.ir.op import Launch, Site, feature_map
from netlang.ir.types import TensorType
from netlang.kernels import Copy, FromNCHW, Layer, ToNCHW
from netlang.kernels.kernel import Precision, storage
from netlang.kernels.layer import BYTES, FeatureMap
from netlang.plan.arena import Lifetime, lower_bound, pack
from netlang.plan.collect import Functions, PackedWeights
from netlang.plan.in_place import merged, owners
from netlang.plan.place import Place, own_view, place
from netlang.plan.plan import Argument, Buffer, Call, Constant, Input, Memory, Output, Plan


def plan(graph: Graph, precision: Precision = "float16", batch: int = 1) -> Plan:
    """The launches, memory and weights of a network at inference.

    `batch` is the one to be fast at; the plan is right for any.
    """
    needed = graph.needed((graph.output, *(node.name for node in graph.inputs)))
    draft = _Draft(graph.with_nodes(tuple(n for n in graph if n.name in needed)), precision, batch)
    calls = tuple(draft.calls())
    functions, lifetimes = draft.functions.all(), _lifetimes(calls, draft.bytes_of)
    owner = owners(calls, {f.name: f.kernel for f in functions}, lifetimes)
    memory = merged(lifetimes, owner)
    arena = pack(tuple(memory.values()))
    offsets = dict(zip(memory, arena.offsets, strict=True))
    return Plan(
        network=graph.name,
        precision=precision,
        batch=batch,
        inputs=tuple(node.type for node in graph.inputs),
        output=graph[graph.output].type,
        functions=functions,
        calls=calls,
        buffers=tuple(
            Buffer(name, life.aligned, life.first, life.last, offsets[owner[name]])
            for name, life in lifetimes.items()
        ),
        weights=draft.weights.all(),
        arena_bytes=arena.size,
        arena_lower_bound=lower_bound(tuple(memory.values())),
        activation_bytes=draft.activation_bytes,
    )


class _Draft:
    """A plan being made: kernels and weights are collected as launches ask for them."""

    def __init__(self, graph: Graph, precision: Precision, batch: int):
        self.graph, self.batch = graph, batch
        self.precision: Precision = precision
        self.places = place(graph)
        self.functions, self.weights = Functions(), PackedWeights()
        self.activation_bytes = 0
        # NHWC is NCHW where there is one pixel: the last layer may write the result itself.
        output = _own(graph[graph.output].type)
        home = self.places[graph.output] == Place(graph.output, output.view)
        self.is_direct = home and output.pixels == 1

    def calls(self) -> Iterator[Call]:
        """The launches of a forward pass."""
        for position, node in enumerate(self.graph.inputs):
            y = self._map(node)
            entry = FromNCHW(x=_own(node.type), y=y, precision=self.precision)
            yield self._call(node, entry, [Input(position), self._memory(node.name)])
        for node in self.graph:
            for launch in self._launches(node):
                yield self._launch(node, launch)
        if not self.is_direct:
            output = self.graph[self.graph.output]
            door = ToNCHW(x=self._map(output), y=_own(output.type), precision=self.precision)
            yield self._call(output, door, [self._memory(output.name), Output()])

    def bytes_of(self, buffer: str) -> int:
        """The size of a buffer, an image."""
        return self.graph[buffer].type.elements * BYTES[storage(self.precision)]

    def _launches(self, node: Node) -> tuple[Launch, ...]:
        place = self.places[node.name]
        if place.is_alias or node.op.family == "input":
            return ()
        site = Site(
            inputs=self.graph.types(node),
            views=tuple(self.places[name].view for name in node.inputs),
            output=node.type,
            view=place.view,
            precision=self.precision,
            batch=self.batch,
        )
        launches = node.op.launches(site)
        return tuple(launch for launch in launches if not self._is_in_place(node, launch))

    def _is_in_place(self, node: Node, launch: Launch) -> bool:
        """Whether a launch would copy a slice onto itself: its input was written there."""
        source = self.places[node.inputs[launch.inputs[0]]].buffer
        here = source == self.places[node.name].buffer and launch.kernel.x == launch.kernel.y
        return here and isinstance(launch.kernel, Copy)

    def _launch(self, node: Node, launch: Launch) -> Call:
        x, *tensors = (self._memory(node.inputs[position]) for position in launch.inputs)
        return self._call(
            node,
            launch.kernel,
            [x, *self._weights(node, launch), *tensors, self._memory(node.name)],
        )

    def _weights(self, node: Node, launch: Launch) -> Iterator[Constant]:
        owned = self.graph.weights(node)
        packings = launch.kernel.packing
        for number, slot in enumerate(launch.weights):
            packing = packings[number] if number < len(packings) else None
            yield self.weights.use(
                f"{node.name}.{slot}",
                node.weight(slot),
                packing,
                storage(self.precision) if packing else "float32",
                owned[slot].shape,
            )

    def _call(self, node: Node, kernel: Layer, arguments: Sequence[Argument]) -> Call:
        assert len(arguments) == len(kernel.parameters), f"%{node.name} launches {kernel.name}"
        self.activation_bytes += kernel.bytes_read + kernel.bytes_written
        return Call(node.name, self.functions.use(kernel, node.name), tuple(arguments))

    def _map(self, node: Node) -> FeatureMap:
        return feature_map(node.type, self.places[node.name].view)

    def _memory(self, value: str) -> Memory | Output:
        buffer = self.places[value].buffer
        return Output() if self.is_direct and buffer == self.graph.output else Memory(buffer)


def _own(type: TensorType) -> FeatureMap:
    return feature_map(type, own_view(type))


def _lifetimes(calls: Sequence[Call], size: Callable[[str], int]) -> dict[str, Lifetime]:
    """When each buffer is in use, in launches."""
    lifetimes: dict[str, Lifetime] = {}
    for moment, call in enumerate(calls):
        for argument in call.arguments:
            if isinstance(argument, Memory):
                name = argument.buffer
                first = lifetimes[name].first if name in lifetimes else moment
                lifetimes[name] = Lifetime(size(name), first, moment)
    return lifetimes
