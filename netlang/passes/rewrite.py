"""The one way in which passes rebuild a graph: a sweep in order, with values renamed on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from netlang.ir.graph import Graph, Node
from netlang.ir.types import Types
from netlang.ir.weights import Expr
from netlang.kernels.letters import lettered
from netlang.ops.shape import Slice

Binding = tuple[str, Expr]
"""A slot and the expression of its weight."""


class Sweep:
    """A graph under construction.

    Nodes are taken from the old graph in order. `take` gives a node with its inputs as they are
    called by now, `keep` adds a node, `alias` lets an old value be another from here on. `places`
    orders the nodes of `nodes`.
    """

    def __init__(self, graph: Graph):
        self.graph = graph
        self.nodes: dict[str, Node] = {}
        self.places: dict[str, int] = {}
        self._aliases: dict[str, str] = {}
        self._place = count()

    def current(self, name: str) -> str:
        """What an old value is called now."""
        return self._aliases.get(name, name)

    def take(self, node: Node) -> Node:
        """A node of the old graph with its inputs as they are called by now."""
        inputs = tuple(map(self.current, node.inputs))
        return node if inputs == node.inputs else replace(node, inputs=inputs)

    def keep(self, node: Node) -> None:
        """Adds a node behind all others; one of the same name is replaced."""
        self.nodes.pop(node.name, None)
        self.nodes[node.name] = node
        self.places[node.name] = next(self._place)

    def drop(self, name: str) -> None:
        """Takes out a node that nothing reads any more."""
        del self.nodes[name]

    def alias(self, old: str, new: str) -> None:
        """From here on the old graph's value `old` is `new`."""
        self._aliases[old] = new

    def types(self, node: Node) -> Types:
        """The types of a node's inputs."""
        return tuple(self.nodes[name].type for name in node.inputs)

    def bindings(self, node: Node, prefix: str = "") -> tuple[Binding, ...]:
        """Every weight of a node spelled out, for a node of another name that takes it over."""
        slots = node.op.weights(self.types(node))
        return tuple((f"{prefix}{slot}", node.weight(slot)) for slot in slots)

    def part_bindings(self, parts: Sequence[Node]) -> tuple[Binding, ...]:
        """The bindings of a composite operator, of all weights of its parts."""
        each = lettered(parts)
        return tuple(b for letter, part in each for b in self.bindings(part, f"{letter}."))

    def fresh(self, name: str) -> str:
        """The name, or the first numbered one like it that neither graph has."""
        return self.graph.fresh(name, self.nodes)

    def keep_slices(self, whole: Node, parts: Sequence[Node]) -> None:
        """Adds a node that computes others side by side, and those others as slices of it."""
        self.keep(whole)
        start = 0
        for part in parts:
            op = Slice(start, part.type.channels)
            self.keep(replace(part, op=op, inputs=(whole.name,), derived=()))
            start += part.type.channels

    def finish(self) -> Graph:
        """The new graph."""
        heads = tuple(replace(h, output=self.current(h.output)) for h in self.graph.heads)
        nodes, output = tuple(self.nodes.values()), self.current(self.graph.output)
        return replace(self.graph, nodes=nodes, output=output, heads=heads)


def other_reader(graph: Graph, value: str, *readers: Node) -> str:
    """The others who need a value, in words; empty where nobody does but `readers`."""
    if value in graph.results:
        return f"%{value} is a result of the network"
    others = [user.name for user in graph.users[value] if user not in readers]
    return f"%{value} is also read by %{others[0]}" if others else ""
