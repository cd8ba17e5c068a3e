"""The colours of sizes of image: enough of them, told apart, and with words that can be read."""

from itertools import combinations

import pytest

from netlang.pictures.palette import PALETTES, Size, Theme, shades


@pytest.mark.parametrize("theme", PALETTES)
def test_every_halving_of_an_image_has_a_colour_of_its_own(theme: Theme) -> None:
    sizes = [(side, side) for side in (4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2, 1)]
    found = shades(sizes, PALETTES[theme])
    assert list(found) == sizes[:-1]
    assert len({colour.fill for colour in found.values()}) == len(sizes) - 1


@pytest.mark.parametrize(
    ("near", "far"), [((56, 55), (28, 27)), ((14, 13), (7, 6)), ((224, 227), (112, 113))]
)
def test_near_sizes_share_a_colour(near: Size, far: Size) -> None:
    found = shades([(side, side) for side in (*near, *far)], PALETTES["light"])
    a, b, c, d = (found[side, side] for side in (*near, *far))
    assert (a, c) == (b, d)
    assert a != c


@pytest.mark.parametrize("theme", PALETTES)
def test_words_can_be_read_on_every_colour(theme: Theme) -> None:
    """A contrast of 4.5 is the least for text of this size (WCAG 2.2, 1.4.3)."""
    palette = PALETTES[theme]
    fills = [stage.fill for stage in (palette.plain, *palette.stages, *palette.marks.values())]
    assert min(contrast(palette.text, fill) for fill in fills) > 4.5


@pytest.mark.parametrize("theme", PALETTES)
def test_colours_are_told_apart(theme: Theme) -> None:
    fills = [stage.fill for stage in (PALETTES[theme].plain, *PALETTES[theme].stages)]
    assert min(apart(a, b) for a, b in combinations(fills, 2)) > 0.03


def contrast(a: str, b: str) -> float:
    low, high = sorted(map(luminance, (a, b)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(colour: str) -> list[float]:
    """Its parts of light."""
    parts = [part / 255 for part in bytes.fromhex(colour[1:])]
    return [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]


def apart(a: str, b: str) -> float:
    """How far two colours lie from each other to the eye, in Oklab (Ottosson 2020)."""
    return sum((x - y) ** 2 for x, y in zip(oklab(a), oklab(b), strict=True)) ** 0.5


def oklab(colour: str) -> list[float]:
    cones = (
        (0.4122214708, 0.5363325363, 0.0514459929),
        (0.2119034982, 0.6806995451, 0.1073969566),
        (0.0883024619, 0.2817188376, 0.6299787005),
    )
    axes = (
        (0.2104542553, 0.7936177850, -0.0040720468),
        (1.9779984951, -2.4285922050, 0.4505937099),
        (0.0259040371, 0.7827717662, -0.8086757660),
    )
    seen = [x ** (1 / 3) for x in times(cones, linear(colour))]
    return times(axes, seen)


def times(matrix: tuple[tuple[float, ...], ...], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]
