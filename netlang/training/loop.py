"""The loop: epochs of steps, a test after each, and what the next ones depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from math import isfinite, prod
from time import perf_counter
from typing import TYPE_CHECKING, Any

from netlang.diagnostic import NetError, error
from netlang.ir.graph import Graph
from netlang.ops.norm import BatchNorm
from netlang.recipe import Epochs, Iterations
from netlang.running.ahead import Failed
from netlang.training.data import Dataset
from netlang.training.recipe import Recipe
from netlang.training.samples import Samples, validation
from netlang.training.schedule import Progress, rate

if TYPE_CHECKING:
    from netlang.backends.torch.learner import Learner, Outcome

TAIL = 0.5
"""The share of the iterations that an average is over, the last ones: what weights were at first
would only spoil it (Rakhlin et al. 2012, "Making gradient descent optimal", section 5)."""


@dataclass
class Tally:
    """What came of some images: the sum of their losses, how many were mistaken."""

    images: int = 0
    loss_sum: float = 0.0
    wrong: int = 0

    def add(self, images: int, outcome: Outcome) -> None:
        """Counts a batch."""
        self.images += images
        self.loss_sum += outcome.loss
        self.wrong += outcome.wrong

    @property
    def loss(self) -> float:
        """The mean."""
        return self.loss_sum / self.images

    @property
    def error(self) -> float:
        """The share of mistakes."""
        return self.wrong / self.images


@dataclass(frozen=True)
class Row:
    """An epoch: what is done after it, and how it went.

    `seconds` count from the first epoch on, `lr` is the rate of the last iteration; loss and error
    in training are means over the epoch, of images as training changes them.
    """

    epoch: int
    iterations: int
    seconds: float
    lr: float
    loss: float
    training_error: float
    validation_error: float | None


Seen = Callable[[Progress, float, Tally], None]
"""Is told after an iteration how far training is, at which rate, and how the epoch goes."""


@dataclass
class Training:
    """A network in training: `rows` are the epochs that are done, the last perhaps cut short."""

    recipe: Recipe
    samples: Samples
    validation: Dataset | None
    learner: Learner
    progress: Progress = field(default_factory=Progress)
    rows: list[Row] = field(default_factory=list[Row])
    _whole: dict[str, Any] | None = field(default=None, init=False)

    @property
    def iterations(self) -> int:
        """How many there are in all."""
        return self.recipe.iterations(self.samples.an_epoch)

    @property
    def is_done(self) -> bool:
        """Whether it has been as long as the recipe says."""
        if isinstance(self.recipe.length, Epochs):
            return self.progress.epoch >= self.recipe.length.count
        # One that went on from a state may have ended behind it, within an epoch.
        done = [self.progress.iteration, *(row.iterations for row in self.rows[-1:])]
        return max(done) >= self.recipe.length.count

    def state(self) -> dict[str, Any]:
        """All that the next epoch depends on, of plain values and tensors.

        After an epoch that was cut short it is that of the last whole one: a longer training shows
        the images that the cut one did not.
        """
        return self._whole or self._now()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state."""
        self.learner.restore(state["learner"])
        self.progress = Progress(**state["progress"])

    def epochs(self, seen: Seen, failed: Failed) -> Iterator[Row]:
        """Trains, and gives each epoch when it is done, the last of which may be a shorter one.

        NetError where no image can be read, a batch norm has nothing to norm, or training diverges.
        """
        while not self.is_done:
            start = perf_counter()
            ahead = deepcopy(self._now()) if self._may_be_cut else None
            lr, tally = self._epoch(seen, failed)
            error = self._test(failed)
            self.progress.end_epoch(self.recipe, error)
            self._whole = ahead if self.is_done else None
            at, before = self.progress, self.rows[-1].seconds if self.rows else 0.0
            seconds = before + perf_counter() - start
            row = Row(at.epoch, at.iteration, seconds, lr, tally.loss, tally.error, error)
            self.rows.append(row)
            yield row

    def _now(self) -> dict[str, Any]:
        return {"progress": asdict(self.progress), "learner": self.learner.state()}

    @property
    def _may_be_cut(self) -> bool:
        """Whether training may end within the next epoch."""
        length, after = self.recipe.length, self.progress.iteration + self.samples.an_epoch
        return isinstance(length, Iterations) and length.count < after

    def _epoch(self, seen: Seen, failed: Failed) -> tuple[float, Tally]:
        """Learns from each image once; the last rate, and what came of it."""
        lr, tally = 0.0, Tally()
        # An epoch's chance is its own, so that one that begins there has the same.
        self.learner.seed(self.samples.seed, self.progress.epoch)
        batches = self.samples.epoch(self.progress.epoch, failed)
        for place, (images, labels) in enumerate(batches, 1):
            lr = rate(self.recipe, self.progress)
            if len(labels) == 1:
                _require_variance(self.learner.network.graph)
            outcome = self.learner.step(images, labels, lr)
            self.progress.step(self.recipe, outcome.wrong / len(labels))
            if not isfinite(outcome.loss):
                raise self._diverged("the loss", lr)
            if self._done(place) > (1 - TAIL) * self.iterations:
                self.learner.average()
            tally.add(len(labels), outcome)
            seen(self.progress, lr, tally)
            if isinstance(self.recipe.length, Iterations) and self.is_done:
                break
        if not tally.images:
            raise error("no image could be read")
        if not self.learner.is_finite:
            raise self._diverged("a weight", lr)
        return lr, tally

    def _done(self, place: int) -> int:
        """How many of all iterations are done, `place` batches into an epoch.

        Where epochs decide, those that images which cannot be read have cost are among them.
        """
        if isinstance(self.recipe.length, Iterations):
            return self.progress.iteration
        return self.progress.epoch * self.samples.an_epoch + place

    def _diverged(self, what: str, lr: float) -> NetError:
        at = self.progress
        kept = "; what the last whole epoch wrote is still there" if at.epoch else ""
        return error(
            f"training diverged: {what} is no finite number in epoch {at.epoch + 1}, "
            f"iteration {at.iteration:,}, at a rate of {lr:.4g}",
            help=f"learn at a lower rate, such as {self.recipe.sgd.lr / 10:g}{kept}",
        )

    def _test(self, failed: Failed) -> float | None:
        """The validation error, where there is anything to tell it by."""
        if not self.validation:
            return None
        tally, preparation = Tally(), self.samples.augmentation.preparation
        for images, labels in validation(self.validation, preparation, self.recipe.batch, failed):
            tally.add(len(labels), self.learner.test(images, labels))
        if not tally.images:
            raise error("no image to validate with could be read")
        return tally.error


def _require_variance(graph: Graph) -> None:
    """NetError where a batch norm has one number a channel of an image, which has no variance."""
    norms = (node for node in graph if isinstance(node.op, BatchNorm))
    alone = next((node for node in norms if prod(node.type.pixels) == 1), None)
    if alone:
        raise error(
            f"the batch norm '{alone.name}' sees one pixel of an image, and a step has one image: "
            "a single number has no variance",
            help="take two images a step or more, such as 32, of a set that has as many",
        )
