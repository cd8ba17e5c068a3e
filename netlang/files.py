"""Files and folders that are written whole or not at all, and where a user's are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, mkdtemp
from typing import IO


@contextmanager
def whole_file(path: Path) -> Generator[IO[bytes]]:
    """A file to fill; whoever looks finds the old one or, once nothing has failed, the new one."""
    # Beside the target, because a rename is one step within a file system alone.
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            yield file
            file.close()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(file.name).unlink()
            raise


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file in one step."""
    with whole_file(path) as file:
        file.write(data)


def user_cache() -> Path | None:
    """The folder of what netlang keeps for this user, or None where no such place can be had."""
    from platformdirs import user_cache_path

    try:
        return user_cache_path("netlang", ensure_exists=True)
    except OSError:
        return None


@contextmanager
def whole_folder(path: Path) -> Generator[Path]:
    """A folder to fill; it becomes `path`, and what was there goes, once nothing has failed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = Path(mkdtemp(dir=path.parent, prefix=f".{path.name}."))
    try:
        yield new
        new.chmod(0o777 & ~_umask())
        _replace_folder(new, path)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _replace_folder(new: Path, path: Path) -> None:
    old = new.with_name(f"{new.name}.old")
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        if old.exists():
            old.rename(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    """The user's, which a temporary file ignores."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
