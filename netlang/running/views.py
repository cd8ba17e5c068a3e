"""What a network is shown of an image where it is tested as its recipe says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.images import Preparation, middle, middle_square, require_crop
from netlang.ir.attributes import Size
from netlang.ir.graph import Graph
from netlang.ir.types import TensorType
from netlang.recipe import Crop, Crops, Dense, Flip, Mean, Resize, Scale, Word, all_of, words_of

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True)
class Cut:
    """What is taken of a scaled image: in words, a function, and how many parts that gives.

    `is_mirrored` says that mirror images belong to it whatever the recipe's `flip`.
    """

    words: str
    of: Callable[[Image, Preparation], Iterator[Image]]
    parts: int
    is_mirrored: bool = False


@dataclass(frozen=True)
class Views:
    """The views of an image whose probabilities are averaged, as the words of `eval` say.

    `sides` are the sizes that the shorter side is scaled to, `cut` is what is taken of each,
    `is_mirrored` whether the mirror image of that is seen as well. Where `subtracts_image`, the
    paper subtracted the mean of each pixel, and the preparation should have an image of means.
    """

    preparation: Preparation
    sides: tuple[int, ...]
    cut: Cut
    is_mirrored: bool
    subtracts_image: bool

    @classmethod
    def of(cls, graph: Graph, mean_image: Array | None = None) -> Views:
        """NetError where a network has no recipe, or one that cannot be carried out."""
        words = _words(graph)
        preparation = Preparation.of(graph, mean_image)
        cut = _cut(words, preparation.x)
        resize = [word.side for word in all_of(words, Resize)] or [preparation.resize]
        sides = tuple([word.side for word in all_of(words, Scale)] or resize)
        _require_sides(sides, cut, preparation.x)
        mirrored = cut.is_mirrored or bool(all_of(words, Flip))
        subtracts = any(word.per == "pixel" for word in all_of(words, Mean))
        return cls(preparation, sides, cut, mirrored, subtracts)

    @property
    def views(self) -> int:
        """How many there are of an image."""
        return len(self.sides) * self.views_a_side

    @property
    def views_a_side(self) -> int:
        """How many there are of a scaled image."""
        return self.cut.parts * (1 + self.is_mirrored)

    @property
    def is_dense(self) -> bool:
        """Whether the network sees whole images, which have other sizes than its input."""
        return self.cut is WHOLE

    def read_views(self, path: Path) -> list[Array]:
        """The views of an image file, those of one size after another; NetError where it is none.

        C x H x W each. Places are those of torchvision's CenterCrop and FiveCrop.
        """
        image = self.preparation.open(path)
        views = list[Array]()
        for side in self.sides:
            cuts = self.cut.of(self.preparation.scaled(image, side), self.preparation)
            seen = [self.preparation.numbers(cut) for cut in cuts]
            views += seen + [x[..., ::-1] for x in seen if self.is_mirrored]
        return views

    def __str__(self) -> str:
        by = self.preparation
        mirrored = ", mirrored as well" if self.is_mirrored else ""
        average = f"; mean of {self.views} probabilities" if self.views > 1 else ""
        return (
            f"{by.scaling(*self.sides)}, {self.cut.words.format(by.cut)}{mirrored}, "
            f"{by.colours_of(self.subtracts_image)}{average}"
        )


# ------------------------------------------------------------------------------ cuts


def _whole(image: Image, _: Preparation) -> Iterator[Image]:
    yield image


def _centre(image: Image, by: Preparation) -> Iterator[Image]:
    (_, left, _), (_, top, _) = _places(image, by.x.pixels)
    yield _at(image, left, top, by.x.pixels)


def _five(image: Image, by: Preparation) -> Iterator[Image]:
    (left, _, right), (top, _, bottom) = _places(image, by.x.pixels)
    for x, y in ((left, top), (right, top), (left, bottom), (right, bottom)):
        yield _at(image, x, y, by.x.pixels)
    yield from _centre(image, by)


def _five_of_the_middle(image: Image, by: Preparation) -> Iterator[Image]:
    """Krizhevsky et al. 2012 scale an image and cut out the middle square ahead (section 2)."""
    yield from _five(middle_square(image), by)


def _six_of_three(image: Image, by: Preparation) -> Iterator[Image]:
    for square in _squares(image):
        yield from _five(square, by)
        yield by.scaled(square, min(by.x.pixels))


def _squares(image: Image) -> list[Image]:
    """Left, middle and right; or top, middle and bottom."""
    square = min(image.size), min(image.size)
    # Along the shorter side, the three begin at one place.
    starts = zip(*_places(image, square), strict=True)
    return [_at(image, left, top, square) for left, top in starts]


def _places(image: Image, size: Size) -> list[tuple[int, int, int]]:
    """Where the first, the middle and the last cut begin, along width and along height."""
    lengths = zip(image.size, reversed(size), strict=True)
    return [(0, middle(length, cut), length - cut) for length, cut in lengths]


def _at(image: Image, left: int, top: int, size: Size) -> Image:
    rows, columns = size
    return image.crop((left, top, left + columns, top + rows))


WHOLE = Cut("the whole image", _whole, 1)
CENTRE = Cut("centre {}", _centre, 1)
FIVE = Cut("corners and centre {} of the middle square", _five_of_the_middle, 5, is_mirrored=True)
SIX_OF_THREE = Cut(
    "corners and centre {0} of three squares and each square to {0}",
    _six_of_three,
    18,
    is_mirrored=True,
)

CROPS = {1: CENTRE, 10: FIVE, 144: SIX_OF_THREE}
"""What is taken by the count of `crops`: 10 of Krizhevsky et al. 2012, section 4.1, 144 of four
sizes of Szegedy et al. 2014, section 7."""


# ---------------------------------------------------------------------------- recipe


def _words(graph: Graph) -> Sequence[Word]:
    words = words_of(graph, "eval")
    if words is None:
        raise error(
            f"'{graph.name}' has no 'eval': nothing says how it is tested",
            help="write into the net: eval { resize 256; crop 224; crops 10 }",
        )
    return words


def _cut(words: Sequence[Word], x: TensorType) -> Cut:
    counts = [word.count for word in all_of(words, Crops)]
    sizes = [word.size for word in all_of(words, Crop)]
    if all_of(words, Dense):
        if counts or sizes:
            lost = "crops" if counts else "crop"
            raise error(
                f"'dense' shows the whole image, and '{lost}' parts of it",
                help=f"leave out 'dense' or '{lost}'",
            )
        return WHOLE
    if counts and counts[0] not in CROPS:
        *others, last = (f"crops {count}" for count in CROPS)
        raise error(
            f"there is no test of {counts[0]} crops", help=f"write {', '.join(others)} or {last}"
        )
    require_crop(words, x)
    return CROPS[counts[0] if counts else 1]


def _require_sides(sides: Sequence[int], cut: Cut, x: TensorType) -> None:
    if min(sides) < min(x.pixels):
        raise error(
            f"an image whose shorter side is {min(sides)} holds no {x}",
            help=f"write scale {min(x.pixels)}, or more",
        )
    if cut is SIX_OF_THREE and len(sides) != 4:
        raise error(
            f"'crops 144' are of 4 sizes, and the recipe has {len(sides)}",
            help="write a 'scale' for each: scale 256; scale 288; scale 320; scale 352",
        )
    if cut in (FIVE, SIX_OF_THREE) and x.height != x.width:
        raise error(
            f"several crops are cut out of squares, and the network takes {x}",
            help="write crops 1, or dense",
        )
