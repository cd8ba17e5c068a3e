"""Where a command writes to: looked at before it works, and told once it has."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from netlang.diagnostic import NetError, error
from netlang.ground.files import is_output, is_stream, real, require_folder
from netlang.lower import find

Output = tuple[str, Path | None]
"""An option and the file that it names, if it is given."""

Inputs = Iterable[str | Path | None]
"""Networks, files and folders that a command reads, as the user names them."""


def require_outputs(outputs: Iterable[Output], inputs: Inputs) -> None:
    """`NetError` for a file that cannot be written, or would take the place of another one here.

    That is one of the inputs, one in a folder of a folder of them, or what another option writes.
    """
    read, written = list(_read(inputs)), list[tuple[str, Path]]()
    for option, path in outputs:
        if path is None or is_stream(path):
            continue
        _require_writable(option, path)
        for other in read:
            if _is_same(path, other):
                raise _lost(f"{option} {path}", f"'{other}', which is read")
            if other.is_dir() and real(other) in real(path).parents[1:]:
                raise error(
                    f"'{option} {path}' lies among the images of '{other}'",
                    help="write it elsewhere",
                )
        for other_option, other in written:
            if _is_same(path, other):
                raise _lost(f"{option} {path}", f"what '{other_option}' writes")
        written.append((option, path))


def require_no_input_in(folder: Path, inputs: Inputs) -> None:
    """`NetError` where a folder that will be replaced holds what is read."""
    for path in _read(inputs):
        if real(folder) in real(path).parents:
            raise _lost(f"-o {folder}", f"'{path}', which is read")


def tell_written(path: Path) -> None:
    """Says what was written, but not amid it."""
    print(f"wrote {path}", file=sys.stderr if is_output(path) else sys.stdout)


def _read(inputs: Inputs) -> Iterator[Path]:
    for each in filter(None, inputs):
        with suppress(NetError):  # who reads it tells that
            yield find(each)


def _require_writable(option: str, path: Path) -> None:
    if path.is_dir():
        raise error(f"'{option} {path}' is a folder", help="name a file")
    require_folder(path)
    if not os.access(real(path).parent, os.W_OK):
        raise error(f"'{option} {path}' may not be written", help="name a folder of your own")


def _is_same(path: Path, other: Path) -> bool:
    return real(path) == real(other)


def _lost(output: str, what: str) -> NetError:
    return error(f"'{output}' would overwrite {what}", help="give it another name")
