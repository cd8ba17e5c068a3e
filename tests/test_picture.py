"""An SVG as a PNG: its size, and its text on a machine without fonts."""

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from netlang.picture import encoded, to_png


def svg(text: str, attributes: str = 'width="24" height="24"', look: str = "") -> bytes:
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {attributes} viewBox="0 0 24 24">'
    font = f'font-family="Helvetica, Arial, sans-serif" font-size="16" {look}'
    return f'{opening}<text x="4" y="18" {font}>{text}</text></svg>'.encode()


def ink(picture: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(to_png(picture))) as image:
        return np.array(image)[..., 3]


@pytest.mark.parametrize(
    ("attributes", "pixels"), [('width="24" height="24"', 48), ('width="24pt" height="24pt"', 64)]
)
def test_two_pixels_for_one(attributes: str, pixels: int) -> None:
    assert ink(svg("x", attributes)).shape == (pixels, pixels)


def test_every_character_of_the_pictures_is_in_the_font() -> None:
    missing = ink(svg("\ue000"))
    assert ink(svg("a")).any()
    for character in "×µ→…–":
        shape = ink(svg(character))
        assert shape.any()
        assert (shape != missing).any(), character


def test_bold_is_bold() -> None:
    plain, bold = (ink(svg("m", look=look)).sum() for look in ("", 'font-weight="bold"'))
    assert bold > 1.2 * plain


def test_the_suffix_says_what_is_written() -> None:
    picture = svg("x")
    assert encoded(picture, ".svg") == picture
    assert encoded(picture, ".png") == to_png(picture)
