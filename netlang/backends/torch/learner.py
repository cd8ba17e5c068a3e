"""A network that learns: a step of gradient descent, the loss of its heads, an average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from netlang.backends.torch.module import Network, Output, to_module
from netlang.diagnostic import error
from netlang.ground.arrays import Checkpoint
from netlang.ir.graph import Graph
from netlang.recipe import SGD


class Outcome(NamedTuple):
    """Of some images: the sum of their losses, and how many were taken for another class."""

    loss: float
    wrong: int


class Learner:
    """A network and its optimizer on a device, `cpu` or `cuda`.

    Everything that is learned decays, biases and batch norms as well. With `averaged`, what is
    tested and kept is the mean of what `average` has been told of.
    """

    def __init__(self, graph: Graph, weights: Checkpoint, sgd: SGD, device: str, averaged: bool):
        self.device = torch.device(device)
        self.network: Network = to_module(graph, weights).to(self.device)
        # Layers follow their weights. In torch's own order a CPU takes up to a fifth longer.
        self.network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._optimizer = torch.optim.SGD(
            self.network.parameters(), sgd.lr, sgd.momentum, 0, sgd.weight_decay, sgd.nesterov
        )
        self._average = AveragedModel(self.network, use_buffers=True) if averaged else None
        self._head_weights = {head.name: head.weight for head in graph.heads}

    def seed(self, *numbers: int) -> None:
        """What chance does from here on, in dropout, depends on these numbers alone."""
        from numpy.random import SeedSequence

        torch.manual_seed(int(SeedSequence(numbers).generate_state(1)[0]))

    def step(self, images: Any, labels: Sequence[int], rate: float) -> Outcome:
        """Learns from images N x C x H x W at a rate, and tells what it thought of them before."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        output = self.network.train()(self._tensor(images))
        wanted = self._tensor(labels)
        loss = self._loss(output, wanted)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        scores = output.output if isinstance(output, Output) else output
        return _outcome(loss.detach() * len(labels), scores.detach(), wanted)

    @torch.inference_mode()
    def test(self, images: Any, labels: Sequence[int]) -> Outcome:
        """What the weights that are kept make of images."""
        scores, wanted = self.kept.eval().logits(self._tensor(images)), self._tensor(labels)
        return _outcome(F.cross_entropy(scores.flatten(1), wanted, reduction="sum"), scores, wanted)

    def average(self) -> None:
        """Takes the weights of now into the average, if there is one."""
        if self._average:
            self._average.update_parameters(self.network)

    @property
    def kept(self) -> Network:
        """What is tested and written: the average once there is one."""
        if self._average and self._average.n_averaged:
            return self._average.module  # pyright: ignore[reportReturnType]
        return self.network

    @property
    def is_finite(self) -> bool:
        """Whether all numbers that are kept are finite."""
        return all(bool(numbers.isfinite().all()) for numbers in self.kept.state_dict().values())

    def weights(self) -> dict[str, Any]:
        """The checkpoint of what is kept, as arrays."""
        return {
            name: numbers.detach().cpu().contiguous().numpy()
            for name, numbers in self.kept.state_dict().items()
        }

    def state(self) -> dict[str, Any]:
        """All that the next steps depend on, of plain values and tensors."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average.state_dict() if self._average else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state."""
        self.network.load_state_dict(state["network"])
        self._optimizer.load_state_dict(state["optimizer"])
        if self._average:
            self._average.load_state_dict(state["average"])

    def _loss(self, output: Any, wanted: Tensor) -> Tensor:
        """The mean cross entropy, and each head's by its weight (Szegedy et al. 2014, 5)."""
        if not isinstance(output, Output):
            return F.cross_entropy(output.flatten(1), wanted)
        loss = F.cross_entropy(output.output.flatten(1), wanted)
        for name, scores in output.heads.items():
            loss = loss + self._head_weights[name] * F.cross_entropy(scores.flatten(1), wanted)
        return loss

    def _tensor(self, numbers: Any) -> Tensor:
        return torch.as_tensor(numbers).to(self.device)


def device_for(wanted: str | None, threads: int | None) -> str:
    """The device that is wanted, or the fastest there is; NetError for a GPU that is not there.

    `threads` of the CPU, all where None, hold for the whole process.
    """
    if threads:
        torch.set_num_threads(threads)
    if wanted == "cuda" and not torch.cuda.is_available():
        raise error("torch finds no CUDA GPU", help="the device 'cpu' is there")
    return wanted or ("cuda" if torch.cuda.is_available() else "cpu")


def dump(state: Mapping[str, Any]) -> bytes:
    """A state as a file."""
    file = BytesIO()
    torch.save(dict(state), file)
    return file.getvalue()


def undump(data: bytes) -> dict[str, Any]:
    """The state of a file, on the CPU; nothing of it is executed. Any error where it is damaged."""
    return torch.load(BytesIO(data), map_location="cpu", weights_only=True)


def _outcome(loss: Tensor, scores: Tensor, wanted: Tensor) -> Outcome:
    wrong = scores.flatten(1).argmax(1) != wanted
    return Outcome(float(loss), int(wrong.sum()))
