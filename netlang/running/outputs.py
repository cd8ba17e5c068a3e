"""Arrays that are written while they are computed, however long they get."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from netlang.ground.files import whole_file
from netlang.running.batches import Sink


@contextmanager
def array_file(path: Path) -> Generator[Callable[[Any], None]]:
    """Writes a .npy file of float32 by appending arrays that differ in the first axis alone.

    The file is there once the context ends without an error.
    """
    import numpy as np

    length, row = 0, tuple[int, ...]()

    def append(array: Any) -> None:
        nonlocal length, row
        if not length:
            row = array.shape[1:]
            _write_header(file, (0, *row))
        length += len(array)
        file.write(np.ascontiguousarray(array, "<f4").data)

    with whole_file(path) as file:
        yield append
        file.seek(0)
        _write_header(file, (length, *row))


@contextmanager
def outputs_into(path: Path) -> Generator[Sink]:
    """Writes what the network gives for each input to one array."""
    with array_file(path) as append:
        yield lambda _names, _inputs, outputs: append(outputs)


def _write_header(file: IO[bytes], shape: tuple[int, ...]) -> None:
    """numpy leaves room in it for the first axis to grow, so that it can be written again."""
    from numpy.lib.format import write_array_header_1_0

    write_array_header_1_0(file, {"shape": shape, "fortran_order": False, "descr": "<f4"})
