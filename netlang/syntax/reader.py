"""From file to text, whatever stands in the file."""

from __future__ import annotations

from pathlib import Path

from netlang.diagnostic import NetError, Source, Span, did_you_mean, error
from netlang.ground.resources import zoo_networks

LARGEST = 4_000_000
"""The most bytes of a file: devices have no end, and no network is as long."""


def read(path: Path | str) -> Source:
    """The text of a file under the name that the user gave it; raises `NetError`."""
    name, path = str(path), Path(path)
    try:
        if path.is_dir():
            raise error(f"'{name}' is a folder", help="name a .net file in it")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise error(f"there is no file '{name}'", help=_neighbour(path)) from None
    except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
        reason = getattr(problem, "strerror", None) or problem
        raise error(f"'{name}' cannot be read: {reason}") from None
    if len(data) > LARGEST:
        raise error(f"'{name}' is longer than any network: {LARGEST:,} bytes are read at most")
    if b"\0" in data:
        raise error(f"'{name}' is a binary file", help="a network is written as text, in UTF-8")
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        raise _not_utf8(name, data, problem.start) from None


def _neighbour(path: Path) -> str:
    try:
        names = [file.stem for file in path.parent.glob("*.net")]
    except OSError:
        return ""
    name, zoo = path.stem, zoo_networks()
    beside = did_you_mean(name, names)
    if beside and name not in zoo:
        return beside.replace("'?", ".net'?")
    return did_you_mean(name, zoo).replace("?", " of the zoo?")


def _not_utf8(name: str, data: bytes, start: int) -> NetError:
    source = Source(name, data.decode("utf-8", errors="replace"))
    place = len(data[:start].decode("utf-8"))
    return error(
        f"'{name}' is not UTF-8 text",
        Span(source, place, place + 1),
        f"byte 0x{data[start]:02x}",
        "save the file in the encoding UTF-8",
    )
