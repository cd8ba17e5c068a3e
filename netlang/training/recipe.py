"""The words of a network's `train`, complete and without contradictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf

from netlang.device import require_batch
from netlang.diagnostic import error
from netlang.ir.graph import Graph
from netlang.recipe import (
    SGD,
    Average,
    Batch,
    Decay,
    Drop,
    Epochs,
    Iterations,
    Plateau,
    Warmup,
    Word,
    all_of,
    one_of,
    words_of,
)

EXAMPLE = "train { sgd 0.1, weight_decay=1e-4; batch 128; epochs 90 }"


@dataclass(frozen=True)
class Recipe:
    """How a network is trained: the optimizer, its rate, how long; `words` are all of them."""

    words: tuple[Word, ...]
    sgd: SGD
    batch: int
    length: Epochs | Iterations
    drops: tuple[Drop, ...]
    decay: Decay | None
    plateau: Plateau | None
    warmup: Warmup | None
    average: Average | None

    @classmethod
    def of(cls, graph: Graph, options: Options | None = None) -> Recipe:
        """A network's, with what a person wants otherwise.

        NetError where there is none, a word is missing that has no default, or one makes no sense.
        """
        words = words_of(graph, "train")
        if words is None:
            raise error(
                f"'{graph.name}' has no 'train': nothing says how it is trained",
                help=f"write into the net: {EXAMPLE}",
            )
        words = (options or Options()).instead_of(words)
        sgd, batch = one_of(words, SGD), one_of(words, Batch)
        length = one_of(words, Iterations) or one_of(words, Epochs)
        if not sgd:
            raise _missing(graph, "at which rate it learns", "sgd 0.1", "an lr of 0.1")
        if not batch:
            raise _missing(graph, "how many images a step takes", "batch 128", "a batch of 128")
        if not length:
            raise _missing(graph, "how long it is trained", "epochs 90", "90 epochs")
        _require_momentum(sgd)
        drops = tuple(all_of(words, Drop))
        return cls(
            words,
            sgd,
            batch.size,
            length,
            drops,
            decay=one_of(words, Decay),
            plateau=one_of(words, Plateau),
            warmup=one_of(words, Warmup),
            average=one_of(words, Average),
        )

    def iterations(self, an_epoch: int) -> int:
        """How many there are in all, where an epoch has so many."""
        count = self.length.count
        return count if isinstance(self.length, Iterations) else count * an_epoch


@dataclass(frozen=True)
class Options:
    """What a person wants other than a recipe says; None leaves it as it is."""

    lr: float | None = None
    batch: int | None = None
    epochs: int | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        """NetError for numbers that are none."""
        if self.batch is not None:
            require_batch(self.batch)
        if self.lr is not None and not 0 < self.lr < inf:
            raise error(f"an lr of {self.lr:g} learns nothing", help="it is above 0, such as 0.1")
        for name in ("epochs", "iterations"):
            count = getattr(self, name)
            if count is not None and count < 1:
                raise error(f"{count} {name} train nothing", help="there is 1 at least")

    def instead_of(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """A recipe's words, those that are wanted otherwise in the place of their kind."""
        wanted = list[Word]()
        if self.lr is not None:
            wanted.append(replace(one_of(words, SGD) or SGD(self.lr), lr=self.lr))
        if self.batch is not None:
            wanted.append(Batch(self.batch))
        if self.epochs is not None:
            wanted.append(Epochs(self.epochs))
        if self.iterations is not None:
            wanted.append(Iterations(self.iterations))
        gone = {type(word) for word in wanted}
        if gone & LENGTHS:
            gone |= LENGTHS
        return (*(word for word in words if type(word) not in gone), *wanted)


LENGTHS: set[type[Word]] = {Epochs, Iterations}
"""The words of how long: one is enough, and iterations are the finer measure."""


def _require_momentum(sgd: SGD) -> None:
    if sgd.nesterov and not sgd.momentum:
        raise error(
            "'nesterov' looks ahead along a momentum, and 'sgd' has none",
            help="write momentum=0.9, or leave out 'nesterov'",
        )


def _missing(graph: Graph, what: str, word: str, given: str) -> Exception:
    return error(
        f"the 'train' of '{graph.name}' does not say {what}",
        help=f"write into it: {word}; or train with {given}",
    )
