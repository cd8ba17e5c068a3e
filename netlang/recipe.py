"""The words of `train { … }` and `eval { … }`: the recipe that belongs to a network.

Each word is a frozen dataclass whose fields are its attributes, declared as an operator's are. A
recipe is kept in the graph in the order in which it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from netlang.ir.attributes import SWITCH, Kind, Value, attribute, integer, number, word
from netlang.ir.graph import Graph


def _name(value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


NAME = Kind("the name of a group", _name)


class Word:
    """One line of a recipe; `repeats` says that it may be there several times."""

    word: ClassVar[str]
    repeats: ClassVar[bool] = False


T = TypeVar("T", bound=Word)

TRAIN: dict[str, type[Word]] = {}
"""The words of `train`."""

EVAL: dict[str, type[Word]] = {}
"""The words of `eval`."""

RECIPES = {"train": TRAIN, "eval": EVAL}


def recipe_word(name: str, *kinds: dict[str, type[Word]]) -> Callable[[type[T]], type[T]]:
    """Registers a word of the given recipes."""

    def register(cls: type[T]) -> type[T]:
        cls.word = name
        for kind in kinds:
            kind[name] = cls
        return cls

    return register


# ------------------------------------------------------------------------ training


@recipe_word("sgd", TRAIN)
@dataclass(frozen=True)
class SGD(Word):
    """Stochastic gradient descent with momentum (Krizhevsky et al. 2012, section 5)."""

    lr: float = attribute(number(0))
    momentum: float = attribute(number(0, 1), 0.9)
    weight_decay: float = attribute(number(0), 0.0)
    nesterov: bool = attribute(SWITCH, False)


@recipe_word("batch", TRAIN)
@dataclass(frozen=True)
class Batch(Word):
    """Images a step."""

    size: int = attribute(integer(1))


@recipe_word("epochs", TRAIN)
@dataclass(frozen=True)
class Epochs(Word):
    """Passes over the training set."""

    count: int = attribute(integer(1))


@recipe_word("iterations", TRAIN)
@dataclass(frozen=True)
class Iterations(Word):
    """Steps of the optimizer."""

    count: int = attribute(integer(1))


@recipe_word("drop", TRAIN)
@dataclass(frozen=True)
class Drop(Word):
    """The learning rate is multiplied by `factor` at step `at` (He et al. 2015, section 4.2)."""

    repeats = True
    at: int = attribute(integer(1))
    factor: float = attribute(number(0, 1), 0.1)


@recipe_word("decay", TRAIN)
@dataclass(frozen=True)
class Decay(Word):
    """The learning rate is multiplied by `factor` every so many epochs (Szegedy et al. 2014, 6)."""

    every: int = attribute(integer(1))
    factor: float = attribute(number(0, 1))


@recipe_word("plateau", TRAIN)
@dataclass(frozen=True)
class Plateau(Word):
    """The learning rate is multiplied by `factor` when the validation error stops improving.

    Krizhevsky et al. 2012, section 5 (three `times`); He et al. 2015, section 3.4.
    """

    factor: float = attribute(number(0, 1), 0.1)
    times: int = attribute(integer(1), 3)


@recipe_word("warmup", TRAIN)
@dataclass(frozen=True)
class Warmup(Word):
    """A lower rate until the training error is below `until` (He et al. 2015, 4.2, 110 layers)."""

    lr: float = attribute(number(0))
    until: float = attribute(number(0, 1))


@recipe_word("average", TRAIN)
@dataclass(frozen=True)
class Average(Word):
    """The weights that are tested are an average over training (Szegedy et al. 2014, section 6)."""

    kind: str = attribute(word("polyak"), "polyak")


@recipe_word("init", TRAIN)
@dataclass(frozen=True)
class Init(Word):
    """How weights start: `he` (fan-in), `xavier`, or a Gaussian of deviation `std`; biases at 0."""

    kind: str = attribute(word("he", "xavier", "gaussian"), "he")
    std: float = attribute(number(0), 0.01)


@recipe_word("bias", TRAIN)
@dataclass(frozen=True)
class Bias(Word):
    """Another start for the biases of a group (Krizhevsky et al. 2012, section 5: 1)."""

    repeats = True
    value: float = attribute(number())
    of: str = attribute(NAME)


@recipe_word("crop", TRAIN, EVAL)
@dataclass(frozen=True)
class Crop(Word):
    """A square of `size` pixels cut out of the image: at random in training."""

    size: int = attribute(integer(1))


@recipe_word("area", TRAIN)
@dataclass(frozen=True)
class Area(Word):
    """A crop of a random share of the image and aspect ratio (Szegedy et al. 2014, section 6)."""

    low: float = attribute(number(0, 1), 0.08)
    high: float = attribute(number(0, 1), 1.0)
    aspect: float = attribute(number(1), 4 / 3)


@recipe_word("flip", TRAIN, EVAL)
@dataclass(frozen=True)
class Flip(Word):
    """Mirrors the image: half of the time in training, each crop as well in a test."""


@recipe_word("pad", TRAIN)
@dataclass(frozen=True)
class Pad(Word):
    """Zeros around the image ahead of the crop (He et al. 2015, section 4.2: 4)."""

    pixels: int = attribute(integer(1))


@recipe_word("color", TRAIN)
@dataclass(frozen=True)
class Color(Word):
    """Changes the colours: along their principal components (Krizhevsky et al. 2012, 4.1)."""

    kind: str = attribute(word("pca", "photometric"), "pca")
    std: float = attribute(number(0), 0.1)


@recipe_word("resize", TRAIN, EVAL)
@dataclass(frozen=True)
class Resize(Word):
    """The shorter side in pixels; in training a random one up to `to` (He et al. 2015, 3.4).

    Of the scaled image a `square` has the middle alone (Krizhevsky et al. 2012, section 2).
    """

    side: int = attribute(integer(1))
    to: int = attribute(integer(0), 0)
    square: bool = attribute(SWITCH, False)


@recipe_word("mean", TRAIN, EVAL)
@dataclass(frozen=True)
class Mean(Word):
    """The mean is subtracted: of each pixel (Krizhevsky et al. 2012, section 2) or each channel."""

    per: str = attribute(word("pixel", "channel"), "pixel")


# ---------------------------------------------------------------------------- test


@recipe_word("crops", EVAL)
@dataclass(frozen=True)
class Crops(Word):
    """Predictions are averaged over crops.

    1 is the centre; 10 are the centre and the corners of the middle square and their mirror images
    (Krizhevsky et al. 2012, 2 and 4.1); 144 are those of four sizes and three squares, and these
    squares whole (Szegedy et al. 2014, section 7).
    """

    count: int = attribute(integer(1))


@recipe_word("scale", EVAL)
@dataclass(frozen=True)
class Scale(Word):
    """The shorter side in pixels of one of several sizes that are averaged; one word a size."""

    repeats = True
    side: int = attribute(integer(1))


@recipe_word("dense", EVAL)
@dataclass(frozen=True)
class Dense(Word):
    """The fully convolutional form over the whole image (He et al. 2015, section 3.4)."""


def words_of(graph: Graph, kind: Literal["train", "eval"]) -> tuple[Word, ...] | None:
    """The words of a network's recipe, in order; None where it has none of that kind."""
    return dict(graph.recipes).get(kind)


def all_of(words: Iterable[Word], kind: type[T]) -> list[T]:
    """The words of one kind, in the order of the recipe."""
    return [word for word in words if isinstance(word, kind)]


def one_of(words: Iterable[Word], kind: type[T]) -> T | None:
    """The word of a kind that a recipe has once, if it has it."""
    return next(iter(all_of(words, kind)), None)


def all_words() -> dict[str, Any]:
    """Every word by its name."""
    return TRAIN | EVAL
