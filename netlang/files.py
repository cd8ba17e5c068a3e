"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file in one step: whoever looks finds the old one or the new one, never a part."""
    # Beside the target, because a rename is one step within a file system alone.
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.close()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(file.name).unlink()
            raise


def _umask() -> int:
    """The user's, which a temporary file ignores."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
