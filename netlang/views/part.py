"""A group or a block of a network as a network of its own: an inception module alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from netlang.diagnostic import error, near_or_all
from netlang.ground.tree import tree
from netlang.ir.graph import Graph, Node
from netlang.ops.shape import Input


def part(graph: Graph, name: str) -> Graph:
    """The first block or group of that name; what comes in from outside is its input.

    `name` is that of a block (`inception`), of a group (`conv4_x`) or a path (`conv4_x.basic_2`).
    The layers keep their names but for the path ahead of them. NetError where there is none.
    """
    groups = {group.path: group.leaves for group in tree(graph.nodes).descendants()}
    path = next((path for path in groups if name in _names(graph, path)), None)
    if path is None:
        help = _suggestion(graph, list(groups), name)
        raise error(f"'{graph.name}' has no block or group '{name}'", help=help)
    inside = groups[path]
    own = {node.name: node.name.removeprefix(f"{path}.") for node in inside}
    outside = dict.fromkeys(x for node in inside for x in node.inputs if x not in own)
    inputs = {given.name: given for given in _inputs(graph, list(outside), set(own.values()))}
    renamed = own | dict(zip(outside, inputs, strict=True))
    nodes = [_renamed(node, renamed) for node in inside]
    output = next(n for n in reversed(inside) if _is_read_outside(graph, n, own))
    blocks = {p.removeprefix(f"{path}."): kind for p, kind in graph.blocks.items()}
    title = graph.blocks.get(path, path)
    return Graph(title, (*inputs.values(), *nodes), own[output.name], blocks=blocks)


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


def _suggestion(graph: Graph, paths: Sequence[str], name: str) -> str:
    known = dict.fromkeys(each for path in paths for each in _names(graph, path))
    kinds = dict.fromkeys(graph.blocks.get(p, p) for p in paths if p.count(".") < 2)
    return near_or_all(name, known, kinds) if paths else "the network has none"
