"""A drawing as the bytes of an image file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from io import BytesIO
from math import inf
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree.ElementTree import iterparse

from netlang.diagnostic import error, near_or_all
from netlang.ground.files import write_whole

FONT = "Source Sans Pro"

PIXELS = 2
"""A PNG's for each pixel of CSS, a side: sharp on the screens of today."""

POINTS = 72 / 96
"""A PDF's for each pixel of CSS."""

CSS_PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72}
"""An SVG's units of length."""


@dataclass(frozen=True)
class Format:
    """A kind of image file.

    `units` of its own make a pixel of CSS, and no side may have more than `most` of them. `encode`
    takes an SVG and the units that a pixel of CSS is to have.
    """

    encode: Callable[[bytes, float], bytes]
    units: float = 1.0
    most: float = inf
    unit: str = "pixels"

    def scale(self, svg: bytes) -> float:
        """How large a picture is drawn: 1, or less where it would be too large for a viewer."""
        return min(1.0, self.most / (self.units * max(size(svg))))


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawing, which a notebook shows as it is."""

    svg: bytes

    def _repr_svg_(self) -> str:
        return self.svg.decode()

    def save(self, path: str | Path) -> None:
        """Writes it in the format of the path's suffix: .svg, .png or .pdf.

        `NetError` for others.
        """
        write_whole(Path(path), encoded(self.svg, Path(path).suffix))


def encoded(svg: bytes, suffix: str) -> bytes:
    """A drawing in the one of the formats that has this suffix, smaller if it has to be."""
    if suffix not in FORMATS:
        raise error(f"no picture ends in '{suffix}'", help=near_or_all(suffix, FORMATS))
    form = FORMATS[suffix]
    return form.encode(svg, form.units * form.scale(svg))


def size(svg: bytes) -> tuple[float, float]:
    """Width and height in pixels of CSS, 96 an inch."""
    _, root = next(iterparse(BytesIO(svg), events=("start",)))
    width, height = (_pixels(root.attrib[side]) for side in ("width", "height"))
    return width, height


def _pixels(length: str) -> float:
    number = length.rstrip("ptx")
    return float(number) * CSS_PIXELS[length[len(number) :]]


def to_png(svg: bytes, zoom: float) -> bytes:
    """The picture that an SVG describes, `zoom` pixels for each of its own."""
    from resvg_py import svg_to_bytes

    with _fonts() as folder:
        return svg_to_bytes(
            _in_our_font(svg).decode(),
            zoom=zoom,
            dpi=96,  # as in CSS, for sizes in points
            skip_system_fonts=True,
            font_dirs=[str(folder)],
        )


def to_pdf(svg: bytes, zoom: float) -> bytes:
    """A page of the picture's size, `zoom` points a pixel, in vectors.

    Its text is text, and has its font with it.
    """
    from typst import Fonts, compile

    width, height = (f"{zoom * side:.2f}pt" for side in size(svg))
    page = f"""
        #set page(width: {width}, height: {height}, margin: 0pt)
        #set document(date: none)
        #image(bytes(sys.inputs.svg), width: 100%, height: 100%, fit: "stretch")
    """
    with _fonts() as folder:
        fonts = Fonts(
            include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)]
        )
        return compile(
            page.encode(),
            font_paths=fonts,
            sys_inputs={"svg": _in_our_font(svg).decode()},
            format="pdf",
            pdf_tags=False,
        )


def _in_our_font(svg: bytes) -> bytes:
    """The SVG with all text in the font that comes along, whatever it asks for.

    A machine may have none, and each makes the same picture so.
    """
    return re.sub(rb'font-family="[^"]*"', f'font-family="{FONT}"'.encode(), svg)


@contextmanager
def _fonts() -> Generator[Path]:
    """A folder with that font alone: the wheel's holds each face in two files, in any order."""
    with as_file(files("font_source_sans_pro") / "files") as fonts, TemporaryDirectory() as folder:
        for face in ("Regular", "Bold"):
            shutil.copy(fonts / f"SourceSansPro-{face}.ttf", folder)
        yield Path(folder)


FORMATS: Mapping[str, Format] = {
    ".svg": Format(lambda svg, _: svg),
    # The largest image that every GPU of today draws as one.
    ".png": Format(to_png, units=PIXELS, most=16_384),
    # 200 inches: the most of PDF 1.7 (ISO 32000-1, Annex C).
    ".pdf": Format(to_pdf, units=POINTS, most=14_400, unit="points"),
}
"""The formats by the suffix of a file."""
