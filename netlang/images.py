"""Photographs as a network's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.ir.graph import Graph
from netlang.ir.types import TensorType
from netlang.ops.shape import Input
from netlang.recipe import Crop, Resize, Word, one_of, words_of

if TYPE_CHECKING:
    from PIL.Image import Image, Resampling


MARGIN = 256 / 224
"""The shorter side, as a multiple of what is cut out of its middle (Krizhevsky et al. 2012, 2)."""

READS = "netlang reads JPEG, PNG and more"
"""Which files hold images, for who named another."""

IN_PLACE_OF_IMAGE = " (in place of 'mean pixel', whose image no weights hold)"
"""Said of the mean, where a recipe subtracts one of each pixel."""

Window = tuple[slice, slice]
"""Rows and columns."""


@dataclass(frozen=True)
class Preparation:
    """How a photograph becomes a network's input, of type `x` (3 x H x W, or 1 x H x W for gray).

    The shorter side is scaled to `resize` pixels, further where the input would not fit in, and the
    middle is cut out. Of a pixel, which counts from 0 to `range`, `mean` is subtracted, and the
    rest is divided by `std`; both have a number for each channel, or one for all. Where there is a
    `mean_image`, C x H x W of the input, it takes the place of `mean`.
    """

    x: TensorType
    resize: int
    interpolation: str
    range: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    mean_image: Array | None = field(default=None, compare=False)

    @classmethod
    def of(cls, graph: Graph, mean_image: Array | None = None) -> Preparation:
        """What a network's input declares; where that gives no `resize`, `eval` may.

        NetError where the network takes no photographs, `eval` wants a random size, or the mean
        image has another size.
        """
        (x, op), *_ = ((node.type, node.op) for node in graph.inputs)
        assert isinstance(op, Input)
        if x.is_flat or x.channels not in (1, 3):
            raise error(
                f"the network takes {x}, which is not an image",
                help="an image has 3 channels, or 1 where it is gray: input 3x224x224; "
                "other numbers come from a .npy file",
            )
        words = words_of(graph, "eval") or ()
        recipe = one_of(words, Resize)
        if recipe and recipe.to:
            raise error(
                f"'resize {recipe.side}, to={recipe.to}' is random, and a test has no chance in it",
                help=f"write resize {recipe.side}, or a size each: "
                f"scale {recipe.side}; scale {recipe.to}",
            )
        if recipe and recipe.square:
            raise error(
                f"'resize {recipe.side}, square=on' is for random crops, and a test has none",
                help="write crops 10, which are those of the middle square",
            )
        side = op.resize or (recipe.side if recipe else 0) or round(min(x.pixels) * MARGIN)
        mean, std = (_a_channel(numbers, x.channels) for numbers in (op.mean, op.std))
        if mean_image is not None and mean_image.shape != x.shape:
            size = "x".join(map(str, mean_image.shape))
            raise error(
                f"the weights were trained on images minus a mean of {size}, and '{graph.name}' "
                f"takes {x}",
                help="they fit a network with the input that they were trained with",
            )
        return cls(x, side, op.interpolation, op.range, mean, std, mean_image)

    def __str__(self) -> str:
        return f"{self.scaling(self.resize)}, centre {self.cut}, {self.colours}"

    def scaling(self, *sides: int) -> str:
        """What is done to an image's size, in words."""
        return f"shorter side to {', '.join(map(str, sides))} ({self.interpolation})"

    @property
    def cut(self) -> str:
        """The pixels that the network takes, in words: rows x columns."""
        return f"{self.x.height}x{self.x.width}"

    def colours_of(self, subtracts_image: bool) -> str:
        """What is done to colours, in words, where a recipe may subtract a mean of each pixel."""
        lacks = subtracts_image and self.mean_image is None
        return self.colours + (IN_PLACE_OF_IMAGE if lacks else "")

    @property
    def colours(self) -> str:
        """What is done to colours, in words."""
        names = "R, G, B" if self.x.channels == 3 else "gray"
        mean = _listed(self.mean) if self.mean_image is None else "the mean image of training"
        return f"{names} from 0 to {self.range} minus {mean} over {_listed(self.std)}"

    def read(self, path: Path) -> Array:
        """An image file as the network's input. NetError where the file holds no image."""
        return self.prepared(self.open(path))

    def prepared(self, image: Image) -> Array:
        """An image in the network's colours as its input, C x H x W."""
        return self.numbers(self.middle(image, self.resize))

    @property
    def views(self) -> int:
        """How many arrays an image becomes."""
        return 1

    def read_views(self, path: Path) -> list[Array]:
        """All that the network is to see of an image file: `read` alone."""
        return [self.read(path)]

    def open(self, path: Path) -> Image:
        """An image file, upright, in as many colours as the network takes; NetError as `read`."""
        image = _open(path)
        try:
            return self.coloured(image)
        except ValueError:
            raise error(
                f"the colours of '{path}' do not become the network's (Pillow calls them "
                f"'{image.mode}' and '{self._mode}')",
                help="save it as RGB or gray",
            ) from None

    def coloured(self, image: Image) -> Image:
        """An image in as many colours as the network takes; ValueError where Pillow has no way."""
        return image.convert(self._mode)

    @property
    def _mode(self) -> str:
        """What Pillow calls the network's colours."""
        return "RGB" if self.x.channels == 3 else "L"

    def numbers(self, image: Image, window: Window | None = None) -> Array:
        """An image that is as large as it is to be, C x H x W.

        `window` is the part of the input that it is, None for all of it. Images of other sizes
        have no place for a mean image: what is subtracted is its mean, channel by channel.
        """
        import numpy as np

        channels = zip(self._table, _pixels(image), strict=True)
        x = np.stack([number[pixels] for number, pixels in channels])
        if self.mean_image is not None:
            own = self._mean_number[:, *(window or (slice(None), slice(None)))]
            x -= own if own.shape == x.shape else own.mean((1, 2), keepdims=True)
        return x

    def seen(self, image: Image) -> Array:
        """What a test sees of an image in the network's colours, C x H x W from 0 to 255."""
        return _pixels(self.middle(image, self.resize))

    @cached_property
    def _table(self) -> Array:
        """What becomes of the 256 numbers of a pixel in each channel, ahead of a mean image.

        To look it up takes a tenth of the time that it takes to compute it.
        """
        import numpy as np

        own = self.mean if self.mean_image is None else (0.0,)
        mean, std = (np.broadcast_to(x, self.x.channels)[:, None] for x in (own, self.std))
        return ((np.arange(256) * (self.range / 255) - mean) / std).astype("float32")

    @cached_property
    def _mean_number(self) -> Array:
        """The mean image over the deviation: what it takes from numbers."""
        import numpy as np

        assert self.mean_image is not None
        return (self.mean_image / np.reshape(self.std, (-1, 1, 1))).astype("float32")

    def scaled(self, image: Image, side: int) -> Image:
        """The whole image with its shorter side scaled, further where the input would not fit."""
        return image.resize(self._scaled_size(image, side), self._filter)

    def middle(self, image: Image, side: int) -> Image:
        """The middle of the scaled image; nothing else is computed of it."""
        wanted = (self.x.width, self.x.height)
        sides = zip(image.size, self._scaled_size(image, side), wanted, strict=True)
        (left, right), (top, bottom) = (_middle(*lengths) for lengths in sides)
        return self.part(image, (left, top, right, bottom))

    def part(self, image: Image, box: tuple[float, float, float, float]) -> Image:
        """What lies between left, top, right and bottom, in the size of the input."""
        return image.resize((self.x.width, self.x.height), self._filter, box)

    def _scaled_size(self, image: Image, side: int) -> tuple[int, int]:
        """Width and height once the shorter side is scaled, rounded as torchvision rounds them."""
        short, wanted = min(image.size), (self.x.width, self.x.height)
        fits = (ceil(cut * short / each) for each, cut in zip(image.size, wanted, strict=True))
        scaled = max(side, *fits)
        width, height = (int(scaled * each / short) for each in image.size)
        return width, height

    @property
    def _filter(self) -> Resampling:
        from PIL.Image import Resampling

        return Resampling[self.interpolation.upper()]


def require_crop(words: Sequence[Word], x: TensorType) -> None:
    """`NetError` where a recipe's `crop` is no image that the network takes."""
    crop = one_of(words, Crop)
    if crop and x.pixels != (crop.size, crop.size):
        cut = f"{crop.size}x{crop.size}"
        raise error(
            f"'crop {crop.size}' cuts out {cut} pixels, and the network takes {x}",
            help="give both one size, or leave out 'crop'",
        )


def middle_square(image: Image) -> Image:
    """The middle of an image, as wide as it is high."""
    side = min(image.size)
    left, top = (middle(length, side) for length in image.size)
    return image.crop((left, top, left + side, top + side))


def middle(length: int, cut: int) -> int:
    """Where the middle `cut` pixels of a length begin, rounded as torchvision rounds it."""
    return round((length - cut) / 2)


def _middle(side: int, scaled: int, cut: int) -> tuple[float, float]:
    """Where the middle `cut` pixels of a side begin and end, in pixels ahead of scaling."""
    start = middle(scaled, cut)
    return start * side / scaled, (start + cut) * side / scaled


def _a_channel(numbers: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """Gray gets the mean of what the colours have."""
    return (fmean(numbers),) if channels == 1 else numbers


def _pixels(image: Image) -> Array:
    """An image's numbers, C x H x W."""
    import numpy as np

    return np.asarray(image).reshape(image.height, image.width, -1).transpose(2, 0, 1)


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _open(path: Path) -> Image:
    """The image as the camera meant it, upright."""
    import PIL.Image
    from PIL import ImageOps, UnidentifiedImageError

    if not path.is_file():
        raise error(f"there is no image '{path}'")
    try:
        image = PIL.Image.open(path)
        image.load()
        image = ImageOps.exif_transpose(image)
    except UnidentifiedImageError:
        raise error(f"'{path}' is not an image", help=READS) from None
    except Exception as fault:  # Pillow meets damage with errors of every kind
        raise error(f"the image '{path}' is damaged: {fault}") from None
    if image.mode[0] in "IF":
        raise error(
            f"'{path}' has more than 8 bits a channel (Pillow calls it '{image.mode}')",
            help="save it with 8 bits a channel",
        )
    return image
