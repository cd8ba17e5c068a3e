"""Graph to plan: launches in the order of the nodes, between two doors for torch's NCHW."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import repeat

from netlang.device import USUAL, Target
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Launch, Site, Weight, feature_map
from netlang.ir.types import TensorType
from netlang.ir.weights import Derived
from netlang.kernels import Copy, FromNCHW, Kernel, Layer, Packing, ToNCHW, entering, planes
from netlang.kernels.kernel import FeatureMap, Parameter
from netlang.kernels.precision import Precision, bytes_of, storage
from netlang.plan.arena import Lifetime, lower_bound, pack
from netlang.plan.collect import Functions, PackedWeights
from netlang.plan.in_place import merged, owners
from netlang.plan.place import Place, own_view, place, scattered
from netlang.plan.plan import (
    Argument,
    Buffer,
    Call,
    Constant,
    Counters,
    Input,
    Memory,
    Output,
    Plan,
    Scratch,
)
from netlang.plan.traffic import traffic
from netlang.tune import Tuning, choose


def plan(graph: Graph, target: Target = USUAL, tuning: Tuning | None = None) -> Plan:
    """The launches, memory and weights of a network at inference.

    It is to be fast on the target, and is right for any batch. Tiles are those of the tuning, if
    it has a kernel's, or else of a cost model.
    """
    needed = graph.needed((graph.output, *(node.name for node in graph.inputs)))
    draft = _Draft(graph.with_nodes(tuple(n for n in graph if n.name in needed)), target, tuning)
    calls = tuple(draft.calls())
    functions, lifetimes = draft.functions.all(), _lifetimes(calls, draft.bytes_of)
    owner = owners(calls, {f.name: f.kernel for f in functions}, lifetimes)
    memory = merged(lifetimes, owner)
    arena = pack(tuple(memory.values()))
    offsets = dict(zip(memory, arena.offsets, strict=True))
    return Plan(
        network=graph.name,
        target=target,
        inputs=tuple(node.type for node in graph.inputs),
        output=graph[graph.output].type,
        functions=functions,
        calls=calls,
        buffers=tuple(
            Buffer(name, life.aligned, life.first, life.last, offsets[owner[name]])
            for name, life in lifetimes.items()
        ),
        weights=draft.weights.all(),
        counters=draft.counters,
        arena_bytes=arena.size,
        arena_lower_bound=lower_bound(tuple(memory.values())),
        activation_bytes=draft.activation_bytes,
    )


class _Draft:
    """A plan being made: kernels and weights are collected as launches ask for them."""

    def __init__(self, graph: Graph, target: Target, tuning: Tuning | None):
        self.graph, self.target, self.tuning = graph, target, tuning
        self.precision: Precision = target.precision
        self.given = _read_as_given(graph)
        as_given = {name: Place(name, planes(*graph[name].type.shape).view) for name in self.given}
        self.apart = scattered(graph)
        self.places = place(graph, self.apart) | as_given
        self.functions, self.weights = Functions(), PackedWeights()
        self.scratch: dict[str, int] = {}
        self.counters = self.activation_bytes = 0
        # HWNC is NCHW where there is one pixel: the last layer may write the result itself. It is
        # float32, so what other layers read of it has to lie elsewhere.
        output = _own(graph[graph.output].type)
        home = self.places[graph.output] == Place(graph.output, output.view)
        others = (node for node in graph if node.name != graph.output)
        read = {self.places[name].buffer for node in others for name in node.inputs}
        self.is_direct = home and output.pixels == 1 and graph.output not in read

    def calls(self) -> Iterator[Call]:
        """The launches of a forward pass."""
        entered: set[str] = set()
        for position, node in enumerate(self.graph.inputs):
            if node.name not in self.given:
                home, kernel = self._entry(node)
                entered.add(home.name)
                yield self._door(home, kernel, Input(position), self._memory(home.name))
        for node in self.graph:
            if node.name not in entered:
                yield from self._work(node)
        if not self.is_direct:
            output = self.graph[self.graph.output]
            door = ToNCHW(x=self._map(output), y=_own(output.type), precision=self.precision)
            yield self._door(output, door, self._memory(output.name), Output())

    def _entry(self, node: Node) -> tuple[Node, Layer]:
        """The kernel that brings an input into the arena, and the value that it makes there.

        Where all that reads the input is a copy of it, such as one with channels of zeros, that is
        what comes in.
        """
        door = FromNCHW(x=_own(node.type), y=self._map(node), precision=self.precision)
        users = self.graph.users[node.name]
        if len(users) == 1 and node.name != self.graph.output:
            (user,) = users
            launches = self._launches(user)
            reads = [user.inputs[position] for each in launches for position in each.inputs]
            # A concat may have copies of others, and this one in place.
            through = entering(door, launches[0].kernel) if reads == [node.name] else None
            if through:
                return user, through
        return node, door

    def _work(self, node: Node) -> Iterator[Call]:
        """The launches of a node."""
        moved = sum(traffic(self.graph, node, self.places))
        self.activation_bytes += moved * bytes_of(self.precision)
        # What the caller gives is float32.
        given = sum(self.graph[name].type.elements for name in set(node.inputs) & set(self.given))
        self.activation_bytes += given * (bytes_of("float32") - bytes_of(self.precision))
        for launch in self._launches(node):
            yield self._launch(node, launch)

    def bytes_of(self, buffer: str) -> int:
        """The bytes of a buffer per image."""
        if buffer in self.scratch:
            return self.scratch[buffer]
        return self.graph[buffer].type.elements * bytes_of(self.precision)

    def _launches(self, node: Node) -> tuple[Launch, ...]:
        place = self.places[node.name]
        if place.is_alias or node.is_input:
            return ()
        site = Site(
            inputs=self.graph.types(node),
            views=tuple(self.places[name].view for name in node.inputs),
            output=node.type,
            pieces=tuple(map(self._map, self._pieces(node))),
            precision=self.precision,
            batch=self.target.batch,
        )
        return tuple(
            replace(launch, kernel=choose(launch.kernel, self.target, self.tuning))
            for launch in node.op.launches(site)
            if not self._is_in_place(node, launch)
        )

    def _is_in_place(self, node: Node, launch: Launch) -> bool:
        """Whether a launch would copy a slice onto itself: its input was written there."""
        if not isinstance(launch.kernel, Copy) or launch.kernel.x != launch.kernel.y:
            return False
        source = self.places[node.inputs[launch.inputs[0]]].buffer
        return source == self.places[node.name].buffer

    def _pieces(self, node: Node) -> tuple[Node, ...]:
        """The values that a node's kernel writes."""
        return self.apart.get(node.name, (node,))

    def _launch(self, node: Node, launch: Launch) -> Call:
        """Each parameter of the kernel takes the next argument of its role."""
        reads = (self._memory(node.inputs[position]) for position in launch.inputs)
        owned = self.graph.weights(node)
        slots, packings = iter(launch.weights), iter(launch.kernel.packing)
        written = [self._memory(piece.name) for piece in self._pieces(node)]
        # A kernel with several results in one buffer knows where in it each of them begins.
        results = iter(written) if len(written) > 1 else repeat(written[0])

        def argument(parameter: Parameter) -> Argument:
            match parameter.role:
                case "weight":
                    return self._weight(node, next(slots), owned, next(packings))
                case "vector":
                    return self._weight(node, next(slots), owned, None)
                case "output":
                    return next(results)
                case "counter":
                    self.counters += parameter.size
                    return Counters(self.counters - parameter.size)
                case "scratch":
                    name = f"{node.name}.scratch"
                    self.scratch[name] = bytes_of("float32") * parameter.size
                    return Scratch(name)
                case _:
                    return next(reads)

        arguments = [argument(parameter) for parameter in launch.kernel.parameters]
        return self._call(node, launch.kernel, arguments)

    def _weight(
        self, node: Node, slot: str, owned: Mapping[str, Weight], packing: Packing | None
    ) -> Constant:
        shape = owned[slot].shape
        dtype, expr = "float32", node.weight(slot)
        if packing:
            dtype = storage(self.precision)
            expr = Derived("tf32", (expr,)) if self.precision == "tf32" else expr
        return self.weights.use(f"{node.name}.{slot}", expr, packing, dtype, shape)

    def _call(self, node: Node, kernel: Kernel, arguments: Sequence[Argument]) -> Call:
        return Call(node.name, self.functions.use(kernel, node.name), tuple(arguments))

    def _door(self, node: Node, kernel: Layer, source: Argument, target: Argument) -> Call:
        self.activation_bytes += kernel.bytes_read + kernel.bytes_written
        return self._call(node, kernel, [source, target])

    def _map(self, node: Node) -> FeatureMap:
        return feature_map(node.type, self.places[node.name].view)

    def _memory(self, value: str) -> Argument:
        if value in self.given:
            return self.given[value]
        buffer = self.places[value].buffer
        return Output() if self.is_direct and buffer == self.graph.output else Memory(buffer)


def _read_as_given(graph: Graph) -> dict[str, Input]:
    """The inputs that need no place in the arena, because all readers take torch's order."""
    return {
        node.name: Input(position)
        for position, node in enumerate(graph.inputs)
        if graph.users[node.name]
        and node.name not in graph.results
        and all(_takes_planes(graph, user, node.name) for user in graph.users[node.name])
    }


def _takes_planes(graph: Graph, user: Node, value: str) -> bool:
    each = zip(user.inputs, user.op.reads_planes(graph.types(user)), strict=True)
    return all(planes for name, planes in each if name == value)


def _own(type: TensorType) -> FeatureMap:
    return feature_map(type, own_view(type))


def _lifetimes(calls: Sequence[Call], size: Callable[[str], int]) -> dict[str, Lifetime]:
    """When each buffer is in use, in launches."""
    lifetimes: dict[str, Lifetime] = {}
    for moment, call in enumerate(calls):
        for argument in call.arguments:
            if isinstance(argument, Memory | Scratch):
                name = argument.buffer
                first = lifetimes[name].first if name in lifetimes else moment
                lifetimes[name] = Lifetime(size(name), first, moment)
    return lifetimes
