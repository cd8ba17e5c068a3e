"""What the commands that write pictures share."""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from netlang.commands.outputs import tell_written
from netlang.diagnostic import error
from netlang.ground.files import write_whole
from netlang.ground.units import percent
from netlang.pictures.palette import PALETTES
from netlang.pictures.picture import FORMATS, encoded


def add_theme_argument(arguments: Any) -> None:
    """The colours of a picture, for a parser or a group of its arguments."""
    arguments.add_argument(
        "--theme", choices=list(PALETTES), default="light", help="the paper (light)"
    )


def require_format(path: Path, formats: Collection[str], stem: str, option: str = "-o") -> None:
    """`NetError` for a picture in a format that is none of these; `stem` names one without name."""
    if path.suffix not in formats:
        first, *others, last = formats
        name = path.parent / f"{path.stem or stem}{first}"
        raise error(
            f"netlang does not draw '{path.suffix or path}' files",
            help=f"end the name with {', '.join([first, *others])} or {last}: {option} {name}",
        )


def write_picture(path: Path, svg: bytes) -> None:
    """Writes a drawing in the format of its suffix and says where; and if it had to be reduced."""
    form = FORMATS[path.suffix]
    scale = form.scale(svg)
    if scale < 1:
        limit = f"{form.most:,} {form.unit} a side, the most that viewers take"
        print(f"reduced to {percent(scale)}, to {limit}; an SVG keeps its size", file=sys.stderr)
    write_whole(path, encoded(svg, path.suffix))
    tell_written(path)
