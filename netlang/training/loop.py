"""The loop: epochs of steps, a test after each, and what the next ones depend on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING

from netlang.diagnostic import error
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
    """A network in training: `rows` are the epochs that are done."""

    recipe: Recipe
    samples: Samples
    validation: Dataset | None
    learner: Learner
    progress: Progress = field(default_factory=Progress)
    rows: list[Row] = field(default_factory=list[Row])

    @property
    def iterations(self) -> int:
        """How many there are in all."""
        return self.recipe.iterations(self.samples.an_epoch)

    @property
    def is_done(self) -> bool:
        """Whether it has been as long as the recipe says."""
        if isinstance(self.recipe.length, Epochs):
            return self.progress.epoch >= self.recipe.length.count
        return self.progress.iteration >= self.recipe.length.count

    def epochs(self, seen: Seen, failed: Failed) -> Iterator[Row]:
        """Trains, and gives each epoch when it is done, the last of which may be a shorter one.

        NetError where no image can be read.
        """
        while not self.is_done:
            start = perf_counter()
            lr, tally = self._epoch(seen, failed)
            error = self._test(failed)
            self.progress.end_epoch(self.recipe, error)
            at, before = self.progress, self.rows[-1].seconds if self.rows else 0.0
            seconds = before + perf_counter() - start
            row = Row(at.epoch, at.iteration, seconds, lr, tally.loss, tally.error, error)
            self.rows.append(row)
            yield row

    def _epoch(self, seen: Seen, failed: Failed) -> tuple[float, Tally]:
        """Learns from each image once; the last rate, and what came of it."""
        lr, tally = 0.0, Tally()
        # An epoch's chance is its own, so that one that begins there has the same.
        self.learner.seed(self.samples.seed, self.progress.epoch)
        for images, labels in self.samples.epoch(self.progress.epoch, failed):
            lr = rate(self.recipe, self.progress)
            outcome = self.learner.step(images, labels, lr)
            self.progress.step(self.recipe, outcome.wrong / len(labels))
            if self.progress.iteration > (1 - TAIL) * self.iterations:
                self.learner.average()
            tally.add(len(labels), outcome)
            seen(self.progress, lr, tally)
            if isinstance(self.recipe.length, Iterations) and self.is_done:
                break
        if not tally.images:
            raise error("no image could be read")
        return lr, tally

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
