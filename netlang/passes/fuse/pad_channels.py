"""An image gets a channel of zeros where a convolution copies four channels faster than three.

    %input = input() shape=3x224x224          %input = input() shape=3x224x224
    %c = conv(%input) kernel=7x7, out=64  =>  %input_wide = zero_pad(%input) after=1
                                              %c = conv(%input_wide) kernel=7x7, out=64
                                                where weight = widen(c.weight, 4.0)

Four numbers of float16 are one copy of eight bytes; three are three loads. The image has to be
brought into the arena for that. For a few images the launch costs more than it saves: then the
convolution reads the caller's tensor itself, number by number.
"""

from __future__ import annotations

from dataclasses import replace

from netlang.device import Target
from netlang.ir.composite import Chain
from netlang.ir.fused import anchor_of
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op
from netlang.ir.types import TensorType, Types
from netlang.ir.weights import Derived
from netlang.kernels.block import power_of_two
from netlang.kernels.precision import bytes_of
from netlang.ops.conv import Conv
from netlang.ops.shape import ZeroPad
from netlang.passes.fuse.estimate import TiledWork, dearer, work_per_window
from netlang.passes.report import Log
from netlang.passes.rewrite import Sweep


def pad_channels(graph: Graph, log: Log) -> Graph:
    """The network with images as wide as their convolutions copy them best."""
    sweep = Sweep(graph)
    wide: dict[str, Node] = {}
    for old in graph:
        node = sweep.take(old)
        stem = _stem(graph, old)
        reason = _refusal(node.op, stem[0], graph.types(old), log.target) if stem else ""
        if reason:
            log.skip(old.name, f"its image is not padded: {reason}")
        elif stem:
            image = graph[old.inputs[0]]
            if image.name not in wide:
                wide[image.name] = _widened(sweep, image)
                sweep.keep(wide[image.name])
            node = _reading(sweep, node, stem[1], wide[image.name])
            zeros = wide[image.name].type.channels - image.type.channels
            log.change(old.name, f"reads its image with {zeros} channel(s) of zeros")
        sweep.keep(node)
    return sweep.finish()


def _stem(graph: Graph, node: Node) -> tuple[Conv, str] | None:
    """The convolution that reads an image of odd channels in a node, and the slot of its weight."""
    first, prefix = (node.op.first, "a.") if isinstance(node.op, Chain) else (node.op, "")
    conv = anchor_of(first)
    image = node if node.is_input else graph[node.inputs[0]]
    is_odd = image.type.channels != power_of_two(image.type.channels)
    if isinstance(conv, Conv) and image.is_input and conv.is_thin(image.type) and is_odd:
        return conv, f"{prefix}weight"
    return None


def _refusal(op: Op, conv: Conv, inputs: Types, target: Target) -> str:
    """Why the image stays as it is."""
    image = inputs[0]
    narrow, wide = image.channels, power_of_two(image.channels)
    # In numbers of the target's precision: what the caller gives is float32.
    given = image.elements * bytes_of("float32") // bytes_of(target.precision)
    padded = image.elements * wide // narrow
    work = work_per_window(op, inputs) if isinstance(op, Chain) else TiledWork.of(op, inputs)
    gathers = work.macs // conv.out * work.columns
    as_given = replace(work, moved=work.moved - image.elements + given, gathers=gathers)
    entry = TiledWork(0, given + padded, 0, image.height * image.width)
    # One copy has all channels of a pixel.
    copied = replace(work, moved=work.moved - image.elements + padded, gathers=gathers // narrow)
    return dearer((as_given,), (entry, copied), target)


def _widened(sweep: Sweep, image: Node) -> Node:
    channels = power_of_two(image.type.channels)
    return Node(
        sweep.fresh(f"{image.name}_wide"),
        ZeroPad(after=channels - image.type.channels),
        (image.name,),
        TensorType((channels, *image.type.shape[1:])),
        origin=image.origin,
    )


def _reading(sweep: Sweep, node: Node, slot: str, image: Node) -> Node:
    """The node with the wide image as its first input."""
    channels = float(image.type.channels)
    derived = dict(sweep.bindings(node))
    derived[slot] = Derived("widen", (derived[slot], channels))
    inputs = (image.name, *node.inputs[1:])
    return replace(node, inputs=inputs, derived=tuple(derived.items()))
