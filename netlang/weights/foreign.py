"""Weights of another program: which of its layers is which of a network's.

Programs name layers in their own ways, but list those of a kind in one order: as the data flow, a
block's path before its shortcut, a module's branches from left to right. So layers are paired kind
by kind, in order. Shapes tell where that fails, but for two layers of one shape that change places;
an order is therefore trusted where the names are known, and has to be asked for where they are not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netlang.diagnostic import Diagnostic, NetError, error
from netlang.ground.arrays import Array, Checkpoint
from netlang.ground.natural import natural
from netlang.ir.graph import Graph
from netlang.ops.conv import Conv
from netlang.ops.shape import Input
from netlang.weights.checkpoint import tensors
from netlang.weights.file import MEAN_IMAGE, Shape, first_of, show_shape
from netlang.weights.state import as_arrays

TORCHVISION = re.compile(
    r"conv1|bn1|fc"
    r"|layer\d\.\d+\.(conv\d|bn\d|downsample\.[01])"
    r"|(features|classifier)\.\d+"
    r"|conv\d\.(conv|bn)"
    r"|inception\d[a-e]\.branch\d(\.\d)?\.(conv|bn)"
    r"|aux\d\.(conv\.(conv|bn)|fc\d)"
)
"""What torchvision calls the layers of ResNet (timm does too), VGG, AlexNet and GoogLeNet."""

KINDS = {4: "convolutions", 2: "linear layers", 1: "batch norms"}
"""What a layer is, by the axes of its weight."""


@dataclass
class Layer:
    """A layer's name in a program, and the shapes of its tensors by slot."""

    name: str
    in_head: bool
    shapes: dict[str, Shape] = field(default_factory=dict[str, Shape])

    @property
    def kind(self) -> tuple[bool, int]:
        """What it is paired with has the same."""
        return self.in_head, max(map(len, self.shapes.values()))


Pairs = list[tuple[Layer, Layer]]
"""A layer of the network, and its like in the checkpoint."""


def adopt_weights(
    graph: Graph, state: Mapping[str, Any], in_order: bool = False
) -> dict[str, Array]:
    """The checkpoint of a network from the state of a module of torchvision, or another program.

    `state` has arrays or tensors by name. With `in_order` the names may be any: layers of a kind
    are paired as they stand in it. `NetError` where the names are not known, the weights are those
    of another network, or a tensor holds no plain numbers, as one that is sparse.
    """
    found = as_arrays(state)
    return renamed(paired(graph, found, in_order), found)


def paired(graph: Graph, found: Checkpoint, in_order: bool = False) -> Pairs:
    """Each layer of a network with its like in a checkpoint that has other names.

    Auxiliary heads may be missing there. See `adopt_weights`.
    """
    needed = graph.needed((graph.output,))
    shapes = {name: weight.shape for name, weight in tensors(graph).items()}
    ours = _layers(shapes, lambda name: name not in needed)
    theirs = _layers({_plain(n): a.shape for n, a in found.items()}, lambda name: "aux" in name)
    places = {layer.name: place for place, layer in enumerate(ours)}
    if all(layer.name in places for layer in theirs):
        theirs.sort(key=lambda layer: places[layer.name])
    elif not in_order:
        _require_known(theirs)
        theirs.sort(key=lambda layer: natural(layer.name))
    pairs = _in_turn(graph, ours, theirs)
    if not in_order:
        _require_late_strides(graph, pairs)
        _require_small_pixels(graph)
    faults = [fault for own, other in pairs for fault in _misfits(own, other)]
    if faults:
        raise NetError(*first_of(faults, f"the weights do not fit '{graph.name}'"))
    return pairs


def renamed(pairs: Pairs, found: Checkpoint) -> dict[str, Array]:
    """The tensors of a checkpoint by the names of the network, as float32."""
    numbers = {_plain(name): array for name, array in found.items()}
    return {
        f"{own.name}.{slot}": numbers[f"{other.name}.{slot}"].astype("float32", copy=False)
        for own, other in pairs
        for slot in own.shapes
    }


def _layers(shapes: Mapping[str, Shape], in_head: Callable[[str], bool]) -> list[Layer]:
    """The layers of a checkpoint, in its order."""
    layers: dict[str, Layer] = {}
    for tensor, shape in shapes.items():
        name, _, slot = tensor.rpartition(".")
        # torch's batch norms count, which nothing reads
        if slot != "num_batches_tracked" and tensor != MEAN_IMAGE:
            layers.setdefault(name, Layer(name, in_head(name))).shapes[slot] = shape
    return list(layers.values())


def _plain(name: str) -> str:
    """A name without what torch's DataParallel puts before it."""
    return name.removeprefix("module.")


def _require_known(theirs: Iterable[Layer]) -> None:
    for layer in theirs:
        if not TORCHVISION.fullmatch(layer.name):
            raise error(
                f"'{layer.name}' is not how torchvision calls a layer",
                help="in order, layers of a kind are taken one after the other, whatever their "
                "names: look at the pairs before you trust them",
            )


def _in_turn(graph: Graph, ours: Iterable[Layer], theirs: Iterable[Layer]) -> Pairs:
    """Pairs in the order of the network; `NetError` where one side has more of a kind."""
    own, other = _by_kind(ours), _by_kind(theirs)
    for in_head, axes in {**own, **other}:
        count, there = len(own[in_head, axes]), len(other[in_head, axes])
        if count != there and (there or not in_head):
            where = " of auxiliary heads" if in_head else ""
            raise error(
                f"{KINDS.get(axes, 'other layers')}{where}: '{graph.name}' has {count}, the file "
                f"{there}",
                help="are they the weights of another network?",
            )
    likes = {
        layer.name: like
        for kind, layers in own.items()
        for layer, like in zip(layers, other[kind], strict=False)  # heads may be missing
    }
    return [(layer, likes[layer.name]) for layer in ours if layer.name in likes]


def _by_kind(layers: Iterable[Layer]) -> dict[tuple[bool, int], list[Layer]]:
    kinds = defaultdict[tuple[bool, int], list[Layer]](list)
    for layer in layers:
        kinds[layer.kind].append(layer)
    return kinds


def _require_late_strides(graph: Graph, pairs: Pairs) -> None:
    """`NetError` where these weights would fit, and compute another function.

    torchvision's bottlenecks halve the image in the 3x3, the paper's in the first 1x1.
    """
    for own, other in pairs:
        opens = re.fullmatch(r"layer\d\.0\.conv1", other.name)
        op = graph[own.name].op
        halves = isinstance(op, Conv) and op.kernel == (1, 1) and op.stride != (1, 1)
        if opens and halves:
            raise error(
                f"torchvision halves the image in the 3x3, '{graph.name}' in the 1x1: '{own.name}'",
                help="set stride_in=3x3, here and wherever the weights are used",
            )


def _require_small_pixels(graph: Graph) -> None:
    """`NetError` where the network takes raw pixels, as VGG's authors did.

    torchvision's weights were made for pixels up to 1, over their deviation.
    """
    for node in graph.inputs:
        if isinstance(node.op, Input) and node.op.range > 1:
            most = node.op.range
            raise error(
                f"torchvision's weights take pixels up to 1, and '{graph.name}' up to {most}",
                help="the zoo's VGG does with pixels=torchvision set, here and wherever the "
                "weights are used; a network of your own with other numbers at its 'input'",
            )


def _misfits(own: Layer, other: Layer) -> Iterator[Diagnostic]:
    for slot in {**own.shapes, **other.shapes}:
        there, wanted = other.shapes.get(slot), own.shapes.get(slot)
        if there != wanted:
            yield Diagnostic(
                f"'{other.name}.{slot}' is {_show(there)}, '{own.name}.{slot}' {_show(wanted)}"
            )


def _show(shape: Shape | None) -> str:
    return "missing" if shape is None else show_shape(shape)
