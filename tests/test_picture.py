"""An SVG as a PNG or a PDF: its size, and its text on a machine without fonts."""

import re
import time
import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from netlang.pictures.picture import FORMATS, encoded, size


def svg(text: str, attributes: str = 'width="24" height="24"', look: str = "") -> bytes:
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {attributes} viewBox="0 0 24 24">'
    font = f'font-family="Helvetica, Arial, sans-serif" font-size="16" {look}'
    return f'{opening}<text x="4" y="18" {font}>{text}</text></svg>'.encode()


def ink(picture: bytes) -> NDArray[np.uint8]:
    with Image.open(BytesIO(encoded(picture, ".png"))) as image:
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


def page(pdf: bytes) -> tuple[float, ...]:
    (box,) = re.findall(rb"/MediaBox\[([^]]*)\]", pdf)
    return tuple(map(float, box.split()))


def glyphs(pdf: bytes) -> str:
    """The characters that a PDF's fonts have, by their tables to Unicode."""
    streams = re.findall(rb"FlateDecode[^>]*>>\nstream\n(.*?)\nendstream", pdf, re.DOTALL)
    tables = [text for text in map(zlib.decompress, streams) if b"beginbfchar" in text]
    codes = (code for text in tables for code in re.findall(rb"> <(\w+)>", text))
    return "".join(bytes.fromhex(code.decode()).decode("utf-16-be") for code in codes)


@pytest.mark.parametrize("unit", ["", "px", "pt"])
def test_a_page_has_the_picture_s_size(unit: str) -> None:
    pdf = encoded(svg("x", f'width="24{unit}" height="48{unit}"'), ".pdf")
    assert pdf.startswith(b"%PDF-")
    assert page(pdf) == ((0, 0, 24, 48) if unit == "pt" else (0, 0, 18, 36))


def test_a_pdf_s_text_is_text_in_the_font_that_comes_along() -> None:
    pdf = encoded(svg("conv×→"), ".pdf")
    assert set(re.findall(rb"/FontName/\w{6}\+([\w-]+)", pdf)) == {b"SourceSansPro-Regular"}
    assert b"/FontFile" in pdf
    assert set(glyphs(pdf)) >= set("conv×→")
    assert b"SourceSansPro-Bold" in encoded(svg("x", look='font-weight="bold"'), ".pdf")


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_equal_pictures_are_equal_bytes(suffix: str) -> None:
    first = encoded(svg("x"), suffix)
    time.sleep(1.1)  # a second later, which a date would tell
    assert encoded(svg("x"), suffix) == first


def test_what_no_viewer_could_show_is_reduced() -> None:
    tall = svg("x", 'width="30000pt" height="60pt"')
    assert size(tall) == (40_000, 80)
    assert FORMATS[".svg"].scale(tall) == 1
    with Image.open(BytesIO(encoded(tall, ".png"))) as image:
        assert image.size == (16_384, 33)
    assert page(encoded(tall, ".pdf")) == (0, 0, 14_400, 28.8)


def test_the_suffix_says_what_is_written() -> None:
    picture = svg("x")
    assert encoded(picture, ".svg") == picture
    assert encoded(picture, ".png").startswith(b"\x89PNG")
    assert encoded(picture, ".pdf").startswith(b"%PDF-")
