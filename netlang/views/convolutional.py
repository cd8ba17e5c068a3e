"""A classifier in its fully convolutional form, for images larger than its input.

    %a = relu(%x) 512x7x7               %a = relu(%x) 512x9x12
    %b = linear(%a) out=4096            %b = conv(%a) kernel=7x7 out=4096 pad=0x0
    %c = linear(%b) out=1000      =>    %c = conv(%b) kernel=1x1 out=1000 pad=0x0
    %d = softmax(%c)                    %mean = avgpool(%c) kernel=global
                                        %flat = flatten(%mean)
                                        %softmax = softmax(%flat)

A linear layer over a map is a convolution whose kernel is as large as the map, one over a vector a
1x1 (Simonyan and Zisserman 2014, section 3.2; He et al. 2015, section 3.4). On a larger image each
gives a map, that of the last the scores of each class at each place. They are averaged over all
places ahead of the softmax, as both papers say. Where a network pools globally there is one place,
and the mean is that of the pool.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from netlang.classes import class_count, to_probabilities
from netlang.diagnostic import NetError, error
from netlang.ir.attributes import Size
from netlang.ir.graph import Graph, Node
from netlang.ir.op import ShapeError, infer
from netlang.ir.weights import Derived
from netlang.ops.conv import Conv
from netlang.ops.linear import Linear
from netlang.ops.norm import Softmax
from netlang.ops.pool import AvgPool
from netlang.ops.shape import Flatten, Input
from netlang.passes import inference
from netlang.passes.rewrite import Sweep

POINT = (1, 1)


def fully_convolutional(graph: Graph, pixels: Size) -> Graph:
    """A classifier of images C x H x W for images of `pixels`, rows and columns.

    Its output is the probability of each class, of scores that are averaged over all places. Its
    weights are expressions over the checkpoint of `graph`. NetError where it is no classifier, has
    no such form, or does not take images of this size.
    """
    class_count(graph)
    graph = inference(graph)
    sweep, maps = Sweep(graph), _maps(graph)
    for node in graph:
        is_end = node.name == graph.output and isinstance(node.op, Softmax)
        if is_end or isinstance(node.op, Flatten):
            sweep.alias(node.name, sweep.current(node.inputs[0]))
        else:
            _keep(sweep, _converted(node, maps, pixels))
    output = graph[graph.output]
    for op in (AvgPool(kernel="global"), *([Flatten()] if output.type.is_flat else [])):
        name = sweep.fresh(op.name)
        _keep(sweep, Node(name, op, (output.name,), output.type))
        sweep.alias(output.name, name)
    return to_probabilities(sweep.finish())


def _maps(graph: Graph) -> dict[str, Size]:
    """Rows and columns of each value; of a flat one, those of the map that it has all pixels of.

    NetError where something else than a linear layer mixes such pixels.
    """
    maps = dict[str, Size]()
    for node in graph:
        keeps = _keeps_order(graph, node)
        flat = [name for name in node.inputs if graph[name].type.is_flat and maps[name] != POINT]
        if flat and not (keeps or isinstance(node.op, Linear)):
            raise _refusal(graph, node)
        first = maps[node.inputs[0]] if keeps else POINT
        maps[node.name] = first if node.type.is_flat else node.type.pixels
    output = graph[graph.output]
    if maps[output.name] != POINT:
        raise _refusal(graph, output)
    return maps


def _keeps_order(graph: Graph, node: Node) -> bool:
    """Whether each number of a node's result comes of the one at its place alone, as any other."""
    is_alike = node.op.pointwise and len(node.inputs) == 1 and not graph.weights(node)
    return is_alike or isinstance(node.op, Flatten)


def _refusal(graph: Graph, node: Node) -> NetError:
    return error(
        f"'{graph.name}' has no fully convolutional form: '{node.name}' takes the pixels of a map "
        "for classes or channels",
        help="let a 'linear' be the first to read what is flat",
    )


def _converted(node: Node, maps: Mapping[str, Size], pixels: Size) -> Node:
    """A node as it is in the fully convolutional form, of a type still to be derived."""
    match node.op:
        case Input() as op:
            # The image comes scaled: 'resize' may be less than this one is large.
            return replace(node, op=replace(op, shape=(op.shape[0], *pixels), resize=0))
        case Linear(out, bias):
            kernel = maps[node.inputs[0]]
            weight = Derived("as_kernel", (node.weight("weight"), *kernel))
            others = tuple((slot, own) for slot, own in node.derived if slot != "weight")
            conv = Conv(kernel, out, pad=(0, 0), bias=bias)
            return replace(node, op=conv, derived=(("weight", weight), *others))
        case _:
            return node


def _keep(sweep: Sweep, node: Node) -> None:
    node = sweep.take(node)
    try:
        type = infer(node.op, sweep.types(node))
    except ShapeError as fault:
        name, x = sweep.graph.name, next(iter(sweep.nodes.values())).type
        raise error(
            f"'{name}' does not take images of {x}: {fault.message} in '{node.name}'",
            help="test it on images of another size",
        ) from None
    sweep.keep(replace(node, type=type))
