"""A 1x1 convolution multiplies what the convolution ahead of it has just made, in its registers.

    %y = conv(%x) kernel=1x1, out=256           %y_then_z = conv(%x) kernel=1x1, out=256
         -> add(_, %r) -> relu(_)          =>        -> add(_, %r) -> relu(_)
    %z = conv(%y) kernel=1x1, out=64                 keep => conv(_) kernel=1x1, out=64
                                                %y = slice(%y_then_z) start=0, channels=256
                                                %z = slice(%y_then_z) start=256, channels=64

So the widest value of a bottleneck block (He et al. 2015, figure 5, right) is written for the next
sum, and not read again for the next product; where nobody else reads it, it is not even written.
A program makes all channels of its pixels then, and draws both weights for them: that pays where
there are many pixels and few weights. Where pairs overlap, the one that saves most is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from netlang.device import Target
from netlang.ir.composite import Chain, Sum
from netlang.ir.fused import anchor_of
from netlang.ir.graph import Graph, Node
from netlang.ir.pieces import joined
from netlang.ops.conv import Conv
from netlang.passes.fuse.estimate import TiledWork, dearer, seconds
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep

WIDEST = 256
"""Output channels whose sums a program can hold beside the tile that it multiplies."""


@dataclass(frozen=True)
class Pair:
    """Two convolutions, the works of both apart and as one, and whether the first is read on."""

    first: Node
    second: Node
    apart: tuple[TiledWork, TiledWork]
    one: TiledWork
    keep: bool

    def saved(self, target: Target) -> float:
        """The seconds that it saves to join them."""
        return seconds(self.apart, target) - self.one.seconds(target)


def back_to_back(graph: Graph, log: Log) -> Graph:
    """The network with pairs of convolutions as one node where that takes less time."""
    chosen = _choose(graph, log)
    firsts = {pair.first.name: pair for pair in chosen}
    behind = {pair.second.name for pair in chosen}
    sweep = Sweep(graph)
    for node in graph:
        if node.name in firsts:
            pair = firsts[node.name]
            log.change(pair.second.name, f"computed with %{node.name}, whose result it reads")
            _join(sweep, pair)
        elif node.name not in behind:
            sweep.keep(sweep.take(node))
    return sweep.finish()


def _choose(graph: Graph, log: Log) -> list[Pair]:
    """The pairs to join, none of which shares a node with another."""
    pairs = sorted(_pairs(graph, log), key=lambda pair: -pair.saved(log.target))
    taken: dict[str, Pair] = {}
    for pair in pairs:
        first, second = pair.first.name, pair.second.name
        other = taken.get(first) or taken.get(second)
        if other:
            better = f"%{other.second.name} with %{other.first.name} saves more"
            log.skip(second, f"not computed with %{first}: {better}")
        else:
            taken |= {first: pair, second: pair}
    return list({id(pair): pair for pair in taken.values()}.values())


def _pairs(graph: Graph, log: Log) -> Iterator[Pair]:
    """The pairs that would take less time as one."""
    places = {node.name: place for place, node in enumerate(graph)}
    for second in graph:
        first = second if second.is_input else graph[second.inputs[0]]
        if not (_is_product(graph, first) and _is_pixelwise(first, second)):
            continue
        pair = _pair(graph, first, second)
        late = [name for name in second.inputs[1:] if places[name] >= places[first.name]]
        reason = f"it reads %{late[0]} too, which comes later" if late else ""
        reason = reason or _too_wide(second, log.target)
        reason = reason or dearer(pair.apart, (pair.one,), log.target)
        if reason:
            log.skip(second.name, f"not computed with %{first.name}: {reason}")
        else:
            yield pair


def _is_product(graph: Graph, node: Node) -> bool:
    """Whether a node's kernel works tap by tap, on all channels at once."""
    anchor = anchor_of(node.op)
    parts = anchor.parts if isinstance(anchor, Sum) else (anchor,)
    convs = [part for part in parts if isinstance(part, Conv) and part.groups == 1]
    thin = (conv.is_thin(x) for conv, x in zip(convs, graph.types(node), strict=False))
    return len(convs) == len(parts) and not any(thin)


def _is_pixelwise(first: Node, second: Node) -> bool:
    conv = anchor_of(second.op)
    return isinstance(conv, Conv) and conv.is_pixelwise(first.type)


def _too_wide(second: Node, target: Target) -> str:
    channels = second.type.channels
    if target.precision == "float32":
        return "without tensor cores a thread has whole rows of what it multiplies"
    return f"its {channels} channels are more than a program holds" if channels > WIDEST else ""


def _pair(graph: Graph, first: Node, second: Node) -> Pair:
    keep = first.name in graph.results or len(graph.users[first.name]) > 1
    apart = TiledWork.of(first.op, graph.types(first)), TiledWork.of(second.op, graph.types(second))
    between = first.type.elements
    one = replace(
        apart[0],
        macs=apart[0].macs + apart[1].macs,
        moved=apart[0].moved + apart[1].moved - (between if keep else 2 * between),
        weights=apart[0].weights + apart[1].weights,
        columns=1,
    )
    return Pair(first, second, apart, one, keep)


def _join(sweep: Sweep, pair: Pair) -> None:
    """Puts both where the first is; where both are results, as slices of what is computed."""
    first, second = map(sweep.take, (pair.first, pair.second))
    sweep.keep(first)  # so that the second finds the type of what it reads
    derived = sweep.part_bindings((first, second))
    node = replace(
        first,
        op=Chain((first.op, second.op), pair.keep),
        inputs=(*first.inputs, *second.inputs[1:]),
        type=joined((first.type, second.type)) if pair.keep else second.type,
        derived=derived,
    )
    if pair.keep:
        own = second.name.rpartition(".")[2]
        whole = replace(node, name=sweep.fresh(f"{first.name}_then_{own}"))
        sweep.drop(first.name)
        sweep.keep_slices(whole, (first, second))
    else:
        sweep.keep(node)
        sweep.alias(second.name, first.name)
