"""A drawing as the bytes of an image file."""

from __future__ import annotations

from importlib.resources import as_file, files

FORMATS = (".svg", ".png")

PIXELS = 2
"""A PNG's for each of the SVG's, a side: sharp on the screens of today."""

FONT = "Source Sans Pro"


def encoded(svg: bytes, suffix: str) -> bytes:
    """A drawing in the one of the formats that has this suffix."""
    return svg if suffix == ".svg" else to_png(svg)


def to_png(svg: bytes) -> bytes:
    """The picture that an SVG describes.

    Its text is set in a font that comes along, whatever it asks for: a machine may have none, and
    each makes the same picture so.
    """
    from resvg_py import svg_to_bytes

    with as_file(files("font_source_sans_pro") / "files") as fonts:
        return svg_to_bytes(
            svg.decode(),
            zoom=PIXELS,
            dpi=96,  # as in CSS, for sizes in points
            skip_system_fonts=True,
            font_files=[
                str(fonts / f"SourceSansPro-{weight}.ttf") for weight in ("Regular", "Bold")
            ],
            sans_serif_family=FONT,
        )
