"""A graph as a module: a submodule for each layer, named as in the source.

    net = netlang.load("googlenet").to_torch()
    net.train()(images)    # Output(output=logits, heads={"aux1": logits, "aux2": logits})
    net.eval()(images)     # probabilities, where the network ends in a softmax
    net.logits(images)     # what that softmax reads, in either mode
    net.state_dict()       # the checkpoint that netlang.weights reads and writes

In training the softmax at the end is left to the loss, which computes it more exactly together
with the logarithm (`torch.nn.functional.cross_entropy`). Evaluation is the network as written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn, tensor

from netlang.backends.torch.schedule import Schedule, schedule
from netlang.ir.graph import Graph, Node
from netlang.ir.op import Op, Weight
from netlang.lower import GraphLike, as_graph
from netlang.ops.norm import Softmax
from netlang.weights import evaluated, layer_of, random_weights


class Output(NamedTuple):
    """What a network with auxiliary heads gives in training: its logits, and those of each head."""

    output: Tensor
    heads: dict[str, Tensor]


def to_module(
    network: GraphLike, weights: Mapping[str, Any] | None = None, seed: int = 0
) -> Network:
    """A network as a trainable float32 module on the CPU, with a copy of the weights.

    It is a graph, a `.net` file or a network of the zoo. `weights` is a checkpoint of the network
    as it is written, of arrays or tensors; KeyError where it lacks one. What it lacks of auxiliary
    heads starts as training does, as everything does where it is None. An optimized graph needs
    weights: its own are computed from them.
    """
    graph = as_graph(network)
    checkpoint = {name: _array(numbers) for name, numbers in (weights or {}).items()}
    if weights is None:
        checkpoint = random_weights(graph, seed, trained=False)
    elif graph.heads:
        checkpoint = _beginning_of_heads(graph, seed) | checkpoint
    return Network(graph, evaluated(graph, checkpoint))


def _array(numbers: Any) -> Any:
    return numbers.detach().cpu().numpy() if isinstance(numbers, Tensor) else numbers


def _beginning_of_heads(graph: Graph, seed: int) -> dict[str, Any]:
    needed = graph.needed((graph.output,))
    weights = random_weights(graph, seed, trained=False)
    return {name: w for name, w in weights.items() if layer_of(name) not in needed}


class Group(nn.Module):
    """Layers and groups by name; the layers' order of execution is the network's."""

    def group(self, path: Sequence[str]) -> Group:
        """The group at a path from here, made where there is none."""
        here = self
        for name in path:
            here = here.child(name) or here.put(name, Group())
        return here

    def child(self, name: str) -> Any:
        """The module of this name, if there is one."""
        return self._modules.get(name)

    def put(self, name: str, module: Group) -> Group:
        """Adds a module. Unlike `add_module` it takes a method's name: a group may be `half`.

        Attributes then give the method; all but torch.export reaches the group none the less.
        """
        self._modules[name] = module
        return module

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute even beside a module of its name: `train` sets `training`."""
        kept = (nn.Module, type(None))  # what torch lets take a module's place
        if name in self.__dict__.get("_modules", ()) and not issubclass(type(value), kept):
            object.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


class Layer(Group):
    """An operator with its weights: parameters, and buffers where they are not learned."""

    def __init__(self, op: Op):
        super().__init__()
        self.op = op
        self._slots: tuple[str, ...] = ()

    def own(self, slot: str, weight: Weight, numbers: Tensor) -> None:
        """Takes a weight; a slot with dots (`1.scale`, of an epilogue) lies in groups."""
        *path, name = slot.split(".")
        home = self.group(path)
        if weight.trainable:
            home.register_parameter(name, nn.Parameter(numbers))
        else:
            home.register_buffer(name, numbers)
        self._slots = (*self._slots, slot)

    def forward(self, *inputs: Tensor) -> Tensor:
        weights = {slot: attrgetter(slot)(self) for slot in self._slots}
        return self.op.torch(F, inputs, weights, self.training)

    def extra_repr(self) -> str:
        return str(self.op)


class Network(Group):
    """A network; see the module's documentation for what a call gives.

    Inputs are N x C x H x W. The weights are those of `numbers` by `node.slot`, copied.
    """

    def __init__(self, graph: Graph, numbers: Mapping[str, Any]):
        super().__init__()
        self.graph = graph
        logits = [_logits(graph[name]) for name in graph.results]
        self._evaluation = schedule(graph, (graph.output,))
        self._training = schedule(graph, logits)
        self._logits = schedule(graph, logits[:1])
        layers = {node.name: Layer(node.op) for node in graph if not node.is_input}
        for name, layer in layers.items():
            for slot, weight in graph.weights(graph[name]).items():
                layer.own(slot, weight, tensor(numbers[f"{name}.{slot}"]))
            *path, last = name.split(".")
            self.group(path).put(last, layer)

    def forward(self, *inputs: Tensor) -> Tensor | Output:
        if not self.training:
            return self._run(self._evaluation, inputs)[0]
        output, *heads = self._run(self._training, inputs)
        names = [head.name for head in self.graph.heads]
        return Output(output, dict(zip(names, heads, strict=True))) if names else output

    def logits(self, *inputs: Tensor) -> Tensor:
        """What the softmax at the end reads; the output itself where there is none."""
        return self._run(self._logits, inputs)[0]

    def extra_repr(self) -> str:
        given = ", ".join(str(node.type) for node in self.graph.inputs)
        return f"{self.graph.name}: {given} -> {self.graph[self.graph.output].type}"

    def _run(self, plan: Schedule, inputs: tuple[Tensor, ...]) -> list[Tensor]:
        values = self._named(inputs)
        for step in plan.steps:
            # Found anew each time: a user may have put another module in its place.
            layer = _find(self, step.path)
            values[step.name] = layer(*[values[name] for name in step.inputs])
            for name in step.last_use_of:
                del values[name]
        return [values[name] for name in plan.results]

    def _named(self, inputs: tuple[Tensor, ...]) -> dict[str, Tensor]:
        wanted = self.graph.inputs
        shapes = [tuple(x.shape[1:]) for x in inputs]
        if shapes != [node.type.shape for node in wanted]:
            raise ValueError(
                f"{self.graph.name} takes {', '.join(f'N x {n.type}' for n in wanted)}, not "
                + (" and ".join("x".join(map(str, x.shape)) for x in inputs) or "nothing")
            )
        return {node.name: x for node, x in zip(wanted, inputs, strict=True)}


def _find(module: Any, path: Sequence[str]) -> nn.Module:
    for name in path:
        module = module._modules[name]
    return module


def _logits(node: Node) -> str:
    return node.inputs[0] if isinstance(node.op, Softmax) else node.name
