"""The graph: what a network is once names, repeats and blocks are gone.

Graphs are immutable; a pass returns a new one. Nodes stand in an order in which each comes after
its inputs. A node's name is a path (`conv2_x.bottleneck_1.conv_1`) whose prefixes are the groups
and blocks of the source.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from itertools import chain, count
from math import prod
from typing import Any

from netlang.diagnostic import Label
from netlang.ir.op import Op, Weight, infer
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Expr, Ref


class InvariantError(Exception):
    """A graph that no user can cause: a bug in a pass."""


@dataclass(frozen=True, slots=True)
class Node:
    """One value and the operator that makes it.

    `derived` holds the weights that a pass has changed, as (slot, expression) pairs; the others
    are the node's own. `origin` is where the source asks for it, from the layer outwards through
    the calls of blocks; it does not take part in equality.
    """

    name: str
    op: Op
    inputs: tuple[str, ...]
    type: TensorType
    derived: tuple[tuple[str, Expr], ...] = ()
    origin: tuple[Label, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_input(self) -> bool:
        """Whether the network is given it."""
        return self.op.family == "input"

    def weight(self, slot: str) -> Expr:
        """The expression of the weight in a slot."""
        return dict(self.derived).get(slot) or Ref(f"{self.name}.{slot}")


@dataclass(frozen=True)
class Head:
    """An auxiliary classifier: the value whose loss joins the main one's with `weight`."""

    name: str
    output: str
    weight: float


@dataclass(frozen=True, repr=False)
class Graph:
    """A network. `netlang.lower.printed` reads its text (`str`); its `repr` is a line about it.

    `recipes` maps `train` and `eval` to the recipe words that the source gives (frozen
    dataclasses of `netlang.recipe`). `heads` are there in training and gone at inference. `blocks`
    gives the block that each call's path is of (`inception` for `inception_3a`), for people; a
    printed graph has none.
    """

    name: str
    nodes: tuple[Node, ...]
    output: str
    heads: tuple[Head, ...] = ()
    recipes: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    blocks: Mapping[str, str] = field(default_factory=dict[str, str], compare=False, repr=False)

    @cached_property
    def _by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    @cached_property
    def users(self) -> Mapping[str, tuple[Node, ...]]:
        """For each value the nodes that read it, once for each time."""
        users: dict[str, list[Node]] = {node.name: [] for node in self.nodes}
        for node in self.nodes:
            for name in node.inputs:
                users[name].append(node)
        return {name: tuple(nodes) for name, nodes in users.items()}

    @property
    def results(self) -> tuple[str, ...]:
        """The output, then the outputs of the heads."""
        return (self.output, *(head.output for head in self.heads))

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The nodes that take what the network is given."""
        return tuple(node for node in self.nodes if node.is_input)

    def __getitem__(self, name: str) -> Node:
        return self._by_name[name]

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def types(self, node: Node) -> Types:
        """The types of a node's inputs."""
        return tuple(self._by_name[name].type for name in node.inputs)

    def weights(self, node: Node) -> Mapping[str, Weight]:
        """The weights of a node, by slot."""
        return node.op.weights(self.types(node))

    def macs(self, node: Node) -> int:
        """The multiply-adds of a node, an image."""
        return node.op.macs(self.types(node), node.type)

    def parameters(self, node: Node) -> int:
        """How many numbers of a node are learned."""
        return sum(prod(w.shape) for w in self.weights(node).values() if w.trainable)

    def needed(self, values: Iterable[str]) -> set[str]:
        """The names of the nodes that some values depend on, and their own."""
        needed = set(values)
        for node in reversed(self.nodes):
            if node.name in needed:
                needed.update(node.inputs)
        return needed

    def fresh(self, name: str, taken: Container[str] = ()) -> str:
        """The name, or the first numbered one like it that is not in the graph, and not taken."""
        names = chain((name,), (f"{name}_{number}" for number in count(2)))
        return next(each for each in names if each not in self and each not in taken)

    def with_nodes(self, nodes: tuple[Node, ...]) -> Graph:
        """The same network with other nodes."""
        return replace(self, nodes=nodes)

    def __str__(self) -> str:
        from netlang.ir.printer import print_graph  # which knows what a graph is

        return print_graph(self)

    def __repr__(self) -> str:
        given = ", ".join(str(node.type) for node in self.inputs)
        shapes = f"{given} -> {self[self.output].type}"
        return f"<Graph {self.name}: {shapes}, {len(self.nodes)} nodes>"

    def to_torch(self, weights: Mapping[str, Any] | None = None, seed: int = 0) -> Any:
        """The network as a trainable `torch.nn.Module`: `netlang.backends.torch.to_module`.

        The one door that opens upwards, for the sake of who has a graph in hand; the module is
        found when it is asked for, so that a graph needs no torch.
        """
        return import_module("netlang.backends.torch").to_module(self, weights, seed)


def verify(graph: Graph) -> Graph:
    """The graph itself; raises `InvariantError` where a name, an order or a type is wrong."""
    types: dict[str, TensorType] = {}
    for node in graph.nodes:
        if node.name in types:
            raise InvariantError(f"%{node.name} is defined twice")
        missing = [name for name in node.inputs if name not in types]
        if missing:
            raise InvariantError(f"%{node.name} reads %{missing[0]} before it is defined")
        given = tuple(types[name] for name in node.inputs)
        derived = infer(node.op, given)
        if derived != node.type:
            raise InvariantError(f"%{node.name} is a {derived}, not a {node.type}")
        _verify_slots(node, node.op.weights(given))
        types[node.name] = node.type
    for name in graph.results:
        if name not in types:
            raise InvariantError(f"the result %{name} is not defined")
    return graph


def _verify_slots(node: Node, slots: Collection[str]) -> None:
    """A weight that no slot takes would be lost, and the operator's own stand in its place."""
    seen = set[str]()
    for slot, _ in node.derived:
        if slot not in slots:
            message = f"%{node.name} has no weight '{slot}': it has {', '.join(slots) or 'none'}"
            raise InvariantError(message)
        if slot in seen:
            raise InvariantError(f"%{node.name} has two weights '{slot}'")
        seen.add(slot)
