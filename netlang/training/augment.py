"""What training shows of an image: the words of `train` that are about images, by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.ground.units import percent
from netlang.images import Preparation, Window, middle_square, require_crop
from netlang.recipe import Area, Color, Crop, Flip, Mean, Pad, Resize, Word, one_of
from netlang.training.colour import Lighting

if TYPE_CHECKING:
    from numpy.random import Generator
    from PIL.Image import Image


LEAST, MOST = 0.5, 1.5
"""Of contrast, brightness and colour, where 1 changes nothing (Howard 2013, section 3.2)."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Augmentation:
    """How a training image becomes an input.

    The shorter side is scaled to a random number of pixels within `sides`. With `area` a random
    part is brought to the input's size; where it `is_cropped`, the input is a random place of the
    image (of its middle square, where it `is_square`) with `pad` zeros around; else it is the
    middle, as a test sees it. Where it `subtracts_image`, the preparation should have a mean image.
    """

    preparation: Preparation
    sides: tuple[int, int]
    is_cropped: bool = False
    is_square: bool = False
    pad: int = 0
    area: Area | None = None
    is_flipped: bool = False
    color: Color | None = None
    subtracts_image: bool = False
    lighting: Lighting | None = None

    @classmethod
    def of(cls, words: Sequence[Word], preparation: Preparation) -> Augmentation:
        """What a recipe says; NetError where words do not go together.

        Its `lighting`, which its `color` needs, is measured by `netlang.training.colour`, and the
        mean image by `netlang.training.mean`.
        """
        require_crop(words, preparation.x)
        _require_sense({word.word for word in words})
        area, pad = one_of(words, Area), one_of(words, Pad)
        resize = one_of(words, Resize) or Resize(preparation.resize)
        _require_within(area, pad, resize, preparation)
        return cls(
            preparation,
            (resize.side, resize.to or resize.side),
            bool(one_of(words, Crop)) and not area,
            resize.square,
            pad.pixels if pad else 0,
            area,
            Flip() in words,
            one_of(words, Color),
            Mean() in words,
        )

    def __call__(self, image: Image, rng: Generator) -> Array:
        """An image in the network's colours as its input, C x H x W."""
        x = self._cut(image, rng)
        return x[..., ::-1] if self.is_flipped and rng.random() < 0.5 else x

    def __str__(self) -> str:
        parts = [self._where]
        if self.is_flipped:
            parts.append("half of them mirrored")
        if self.color:
            parts.append(f"colours changed ({self.color.kind})")
        return ", ".join([*parts, self.preparation.colours_of(self.subtracts_image)])

    @property
    def _where(self) -> str:
        """Which part of an image is seen, in words."""
        by, (low, high) = self.preparation, self.sides
        if self.area:
            shares = f"{percent(self.area.low)} to {percent(self.area.high)}"
            return f"a random {shares} of the area to {by.cut} ({by.interpolation})"
        sides = by.scaling(low) if low == high else f"{by.scaling(low)} up to {high}"
        square = "the middle square, " if self.is_square else ""
        zeros = f"padded by {self.pad}, " if self.pad else ""
        return f"{sides}, {square}{zeros}{'a random' if self.is_cropped else 'centre'} {by.cut}"

    def _cut(self, image: Image, rng: Generator) -> Array:
        if self.area:
            return self._coloured(self.preparation.part(image, _box(self.area, image, rng)), rng)
        side = int(rng.integers(*self.sides, endpoint=True))
        if not self.is_cropped:
            return self._coloured(self.preparation.middle(image, side), rng)
        scaled = self.preparation.scaled(image, side)
        return self._crop(middle_square(scaled) if self.is_square else scaled, rng)

    def _crop(self, image: Image, rng: Generator) -> Array:
        """A random place of an image with zeros around, those of the numbers that come out.

        He et al. 2015 subtract the mean of each of 32x32 pixels, so ahead of padding.
        """
        import numpy as np

        x = self.preparation.x
        left = int(rng.integers(-self.pad, image.width + self.pad - x.width, endpoint=True))
        top = int(rng.integers(-self.pad, image.height + self.pad - x.height, endpoint=True))
        columns, first = _inside(left, x.width, image.width)
        rows, above = _inside(top, x.height, image.height)
        seen = image.crop((columns.start, rows.start, columns.stop, rows.stop))
        array = np.zeros(x.shape, "float32")
        place = (slice(above, above + len(rows)), slice(first, first + len(columns)))
        inside = slice(rows.start, rows.stop), slice(columns.start, columns.stop)
        # A mean is of the image where that is as large as the input, or else of what is cut out.
        window = inside if image.size == (x.width, x.height) else place
        array[:, *place] = self._coloured(seen, rng, window)
        return array

    def _coloured(self, image: Image, rng: Generator, window: Window | None = None) -> Array:
        if self.color and self.color.kind == "photometric":
            image = _enhanced(image, rng)
        x = self.preparation.numbers(image, window)
        if self.color and self.lighting:
            shift = self.lighting.shift(rng, self.color.std) * self.preparation.range
            x += (shift / self.preparation.std).astype("float32")[:, None, None]
        return x


def _inside(start: int, length: int, whole: int) -> tuple[range, int]:
    """Which pixels of an axis lie in a cut, and where in it the first of them is."""
    pixels = range(max(start, 0), min(start + length, whole))
    return pixels, pixels.start - start


def _box(area: Area, image: Image, rng: Generator) -> Box:
    """A part whose share of the area is uniform (Szegedy et al. 2014, section 6).

    The logarithm of its aspect ratio, of which the paper gives the bounds alone, is uniform over
    those of them with which the share fits into the image. Where none does, the part is as wide
    or as high as the image, whichever is nearer to the bounds.
    """
    pixels = rng.uniform(area.low, area.high) * image.width * image.height
    narrowest, widest = log(pixels / image.height**2), log(image.width**2 / pixels)
    low, high = (
        min(max(bound, narrowest), widest) for bound in (-log(area.aspect), log(area.aspect))
    )
    aspect = exp(rng.uniform(low, high))
    # Rounding must not make a part a little larger than the image.
    width = min(sqrt(pixels * aspect), image.width)
    height = min(sqrt(pixels / aspect), image.height)
    left, top = rng.uniform(0, (image.width - width, image.height - height)).tolist()
    return left, top, left + width, top + height


def _enhanced(image: Image, rng: Generator) -> Image:
    """With other contrast, brightness and colour, changed in a random order (Howard 2013, 3.2)."""
    from PIL import ImageEnhance

    kinds: list[Any] = [ImageEnhance.Contrast, ImageEnhance.Brightness, ImageEnhance.Color]
    for kind in rng.permutation(len(kinds)):
        image = kinds[kind](image).enhance(rng.uniform(LEAST, MOST))
    return image


def _require_sense(named: set[str]) -> None:
    if "pad" in named and "crop" not in named:
        raise error("'pad' is there for random crops", help="write a 'crop' as well, or no 'pad'")
    for other in ("pad", "resize"):
        if {"area", other} <= named:
            raise error(
                f"'area' takes a part of the whole image, and leaves nothing to '{other}'",
                help=f"leave out 'area' or '{other}'",
            )


def _require_within(area: Area | None, pad: Pad | None, resize: Resize, by: Preparation) -> None:
    if 0 < resize.to < resize.side:
        raise error(
            f"'resize' is from {resize.side} to less, {resize.to}",
            help=f"write resize {resize.to}, to={resize.side}",
        )
    if area and area.low > area.high:
        raise error(
            f"'area' is from {percent(area.low)} to less, {percent(area.high)}",
            help=f"write area {percent(area.high)}, {percent(area.low)}",
        )
    if area and not area.high:
        raise error("'area' sees nothing of the image", help="write area 8%, 100%")
    if pad and pad.pixels >= min(by.x.pixels):
        raise error(
            f"'pad {pad.pixels}' makes crops of {by.cut} that see nothing of the image",
            help=f"write pad {min(by.x.pixels) // 8}",
        )
