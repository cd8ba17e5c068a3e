"""Branches of a concatenation that do not need one another share a launch.

    %a = conv(%x) kernel=3x3, out=128          %a_together = conv(%x) kernel=3x3, out=128
    %b = conv(%y) kernel=5x5, out=32      =>        | conv(%y) kernel=5x5, out=32
    %c = concat(%a, %b)                        %a = slice(%a_together) start=0, channels=128
                                               %b = slice(%a_together) start=128, channels=32
                                               %c = concat(%a, %b)

The branches of an inception module (Szegedy et al. 2014, figure 2b) have a few programs each, at a
small batch far fewer than a device has multiprocessors: side by side they fill it. At a large
batch each of them does so alone, and keeps a kernel that is tuned for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netlang.ir.composite import Together
from netlang.ir.graph import Graph, Node
from netlang.ir.pieces import joined
from netlang.kernels.letters import MOST_PARTS
from netlang.ops.join import Concat
from netlang.ops.shape import Slice
from netlang.passes.fuse.estimate import TiledWork
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep

WAVES = 4
"""Waves of programs from which on a launch fills the device well enough by itself."""


def launch_together(graph: Graph, log: Log) -> Graph:
    """The network with independent branches of concatenations in one launch."""
    mates = _mates(graph, log)
    gone: set[str] = set()
    sweep = Sweep(graph)
    for old in graph:
        node = _direct(sweep, sweep.take(old))
        others = _ready(sweep, [sweep.take(mate) for mate in mates.get(old.name, ())], log)
        if others:
            for other in others:
                log.change(other.name, f"launched together with %{node.name}")
            _join(sweep, [node, *others])
            gone |= {other.name for other in others}
        elif old.name not in gone:
            sweep.keep(node)
    return _without_idle_slices(sweep.finish())


def _ready(sweep: Sweep, nodes: Sequence[Node], log: Log) -> list[Node]:
    """The nodes that can move up to here."""
    ready: list[Node] = []
    for node in nodes:
        late = [name for name in node.inputs if name not in sweep.nodes]
        if late:
            log.skip(node.name, f"launched alone: it reads %{late[0]}, which comes later")
        else:
            ready.append(node)
    return ready


def _mates(graph: Graph, log: Log) -> dict[str, list[Node]]:
    """The nodes that go with the first of each group, by that one's name."""
    places = {node.name: place for place, node in enumerate(graph)}
    mates: dict[str, list[Node]] = {}
    taken: set[str] = set()
    for node in graph:
        branches = _branches(graph, node) if isinstance(node.op, Concat) else []
        for group in _independent(graph, [b for b in branches if b.name not in taken], places):
            small = _small(graph, group, log)
            taken |= {branch.name for branch in small}
            for start in range(0, len(small), MOST_PARTS):
                first, *others = small[start : start + MOST_PARTS]
                mates |= {first.name: others} if others else {}
    return mates


def _branches(graph: Graph, concat: Node) -> list[Node]:
    """The convolutions that make a concatenation's inputs, in order, each once."""
    branches: dict[str, Node] = {}
    for name in concat.inputs:
        node = graph[name]
        maker = graph[node.inputs[0]] if isinstance(node.op, Slice) else node
        if maker.op.family == "conv" and not isinstance(maker.op, Together):
            branches[maker.name] = maker
    return list(branches.values())


def _independent(
    graph: Graph, branches: Sequence[Node], places: Mapping[str, int]
) -> list[list[Node]]:
    """The branches by how many of the others stand ahead of them on a path."""
    ordered = sorted(branches, key=lambda branch: places[branch.name])
    levels: dict[str, int] = {}
    for branch in ordered:
        ahead = _ahead(graph, branch, places, places[ordered[0].name])
        levels[branch.name] = max((levels[name] + 1 for name in ahead & set(levels)), default=0)
    depth = range(max(levels.values(), default=-1) + 1)
    return [[b for b in ordered if levels[b.name] == level] for level in depth]


def _ahead(graph: Graph, node: Node, places: Mapping[str, int], first: int) -> set[str]:
    """What a node depends on, from a place in the graph on."""
    seen, stack = set[str](), [node]
    while stack:
        new = {n for n in stack.pop().inputs if places[n] >= first and n not in seen}
        seen |= new
        stack += [graph[name] for name in new]
    return seen


def _small(graph: Graph, group: list[Node], log: Log) -> list[Node]:
    """The branches that leave some of the device idle."""
    batch, full = log.target.batch, WAVES * log.target.device.sms
    small = [b for b in group if TiledWork.of(b.op, graph.types(b)).programs(batch) < full]
    if len(group) > 1:
        for branch in group:
            if branch not in small:
                log.skip(branch.name, f"launched alone: it fills the device ({log.target})")
    return small


def _direct(sweep: Sweep, node: Node) -> Node:
    """A slice of a slice as one of the whole."""
    inner = node if node.is_input else sweep.nodes[node.inputs[0]]
    if not (isinstance(node.op, Slice) and isinstance(inner.op, Slice)):
        return node
    return replace(
        node, op=replace(node.op, start=inner.op.start + node.op.start), inputs=inner.inputs
    )


def _join(sweep: Sweep, parts: Sequence[Node]) -> None:
    first = parts[0]
    whole = replace(
        first,
        name=sweep.fresh(f"{first.name}_together"),
        op=Together(tuple(part.op for part in parts)),
        inputs=tuple(name for part in parts for name in part.inputs),
        type=joined([part.type for part in parts]),
        derived=sweep.part_bindings(parts),
    )
    sweep.keep_slices(whole, parts)


def _without_idle_slices(graph: Graph) -> Graph:
    """The network without slices that other slices have been taken from."""
    idle = {
        node.name
        for node in graph
        if isinstance(node.op, Slice)
        and not graph.users[node.name]
        and node.name not in graph.results
    }
    return graph.with_nodes(tuple(node for node in graph if node.name not in idle))
