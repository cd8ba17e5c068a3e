"""The learning rate: what a recipe makes of it at every point of training."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from math import inf, prod
from statistics import fmean

from netlang.training.recipe import Recipe

PATIENCE = 5
"""Epochs without a lower validation error until a `plateau`: the papers leave it to the eye."""

Change = tuple[int, float]
"""After how many iterations a rate begins, and the rate."""

SEEN = 100
"""Iterations whose training error is that of a `warmup`: a batch alone says little."""


@dataclass
class Progress:
    """How far training has come, as plain values.

    `iteration` and `epoch` count what is done. `is_warm` says that a `warmup` is over, `plateaus`
    how often the validation error has stopped falling; it was `best` at its lowest, `stale` epochs
    ago. `recent` are the training errors of the last iterations.
    """

    iteration: int = 0
    epoch: int = 0
    is_warm: bool = False
    plateaus: int = 0
    best: float = inf
    stale: int = 0
    recent: list[float] = field(default_factory=list[float])

    def step(self, recipe: Recipe, error: float) -> None:
        """An iteration is done, whose share of mistakes was `error`."""
        self.iteration += 1
        if recipe.warmup and not self.is_warm:
            self.recent = [*self.recent, error][-SEEN:]
            self.is_warm = len(self.recent) == SEEN and fmean(self.recent) < recipe.warmup.until

    def end_epoch(self, recipe: Recipe, error: float | None) -> None:
        """An epoch is done, after which the validation error was `error`, where it is known."""
        self.epoch += 1
        if error is None or not recipe.plateau:
            return
        self.stale = 0 if error < self.best else self.stale + 1
        self.best = min(self.best, error)
        if self.stale == PATIENCE and self.plateaus < recipe.plateau.times:
            self.plateaus += 1
            self.stale = 0


def rate(recipe: Recipe, at: Progress) -> float:
    """The learning rate of the next iteration."""
    if recipe.warmup and not at.is_warm:
        return recipe.warmup.lr
    lr = recipe.sgd.lr * prod(drop.factor for drop in recipe.drops if at.iteration >= drop.at)
    if recipe.decay:
        lr *= recipe.decay.factor ** (at.epoch // recipe.decay.every)
    if recipe.plateau:
        lr *= recipe.plateau.factor**at.plateaus
    return lr


def changes(recipe: Recipe, epochs: Iterable[tuple[int, float | None]]) -> Iterator[Change]:
    """The rate at the start of each epoch and wherever it drops within one.

    Epochs are told by the iterations that were done behind them and by the validation error. A
    warm-up is passed over: within an epoch nobody knows when it ended.
    """
    recipe, at = replace(recipe, warmup=None), Progress()
    for end, error in epochs:
        drops = {drop.at for drop in recipe.drops if at.iteration < drop.at < end}
        for moment in (at.iteration, *sorted(drops)):
            at.iteration = moment
            yield moment, rate(recipe, at)
        at.iteration = end
        at.end_epoch(recipe, error)
