"""A group or a block of a network as a network of its own: an inception module alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netlang.diagnostic import did_you_mean, error
from netlang.fold import scopes
from netlang.ir.graph import Graph, Node
from netlang.ops.shape import Input


def part(graph: Graph, name: str) -> Graph:
    """The first block or group of that name; what comes in from outside is its input.

    `name` is that of a block (`inception`), of a group (`conv4_x`) or a path (`conv4_x.basic_2`).
    The layers keep their names but for the path ahead of them. NetError where there is none.
    """
    path = next((p for p in _paths(graph) if name in _names(graph, p)), None)
    if path is None:
        raise error(f"'{graph.name}' has no block or group '{name}'", help=_suggestion(graph, name))
    own = {n.name: n.name.removeprefix(f"{path}.") for n in graph if n.name.startswith(f"{path}.")}
    inside = [graph[name] for name in own]
    outside = dict.fromkeys(x for node in inside for x in node.inputs if x not in own)
    inputs = {given.name: given for given in _inputs(graph, list(outside), set(own.values()))}
    renamed = own | dict(zip(outside, inputs, strict=True))
    nodes = [_renamed(node, renamed) for node in inside]
    output = next(n for n in reversed(inside) if _is_read_outside(graph, n, own))
    blocks = {p.removeprefix(f"{path}."): kind for p, kind in graph.blocks.items()}
    title = graph.blocks.get(path, path)
    return Graph(title, (*inputs.values(), *nodes), own[output.name], blocks=blocks)


def _paths(graph: Graph) -> dict[str, None]:
    return dict.fromkeys(path for node in graph for path in scopes(node.name))


def _names(graph: Graph, path: str) -> Iterator[str]:
    yield path
    yield path.rpartition(".")[2]
    if path in graph.blocks:
        yield graph.blocks[path]


def _inputs(graph: Graph, outside: list[str], taken: set[str]) -> Iterator[Node]:
    """A node for each value that comes in; an input of the network comes in as itself."""
    for number, name in enumerate(outside, 1):
        own = f"input_{number}" if len(outside) > 1 else "input"
        while own in taken:
            own += "_"
        type = graph[name].type
        yield Node(own, Input(type.shape), (), type)


def _renamed(node: Node, names: dict[str, str]) -> Node:
    inputs = tuple(names[name] for name in node.inputs)
    return replace(node, name=names[node.name], inputs=inputs)


def _is_read_outside(graph: Graph, node: Node, own: dict[str, str]) -> bool:
    return node.name in graph.results or any(u.name not in own for u in graph.users[node.name])


def _suggestion(graph: Graph, name: str) -> str:
    known = dict.fromkeys(each for path in _paths(graph) for each in _names(graph, path))
    kinds = dict.fromkeys(graph.blocks.get(p, p) for p in _paths(graph) if p.count(".") < 2)
    there_are = f"there are: {', '.join(kinds)}" if kinds else "the network has none"
    return did_you_mean(name, known) or there_are
