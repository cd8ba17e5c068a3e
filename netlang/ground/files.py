"""Files and folders that are written whole or not at all, and where a user's are kept."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOTEMPTY
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from tempfile import NamedTemporaryFile, TemporaryFile, mkdtemp
from typing import IO

from netlang.diagnostic import error

OUTPUT = 1
"""The descriptor of standard output."""


@contextmanager
def whole_file(path: Path) -> Generator[IO[bytes]]:
    """A file to fill; whoever looks finds the old one or, once nothing has failed, the new one.

    Where the path is a link, that is the file that it leads to; a device or a pipe is written into.
    NetError where there is no folder for it.
    """
    target = real(path)
    with _blamed_on(path, target):
        if is_stream(path):
            with _stream(path) as file:
                yield file
        else:
            require_folder(path)
            with _file_beside(target) as file:
                yield file


def real(path: Path) -> Path:
    """Where links lead to; `Path.resolve` knows of none that lead to one another."""
    return Path(os.path.realpath(path))


def require_folder(path: Path) -> None:
    """`NetError` where there is no folder that a file could be written to."""
    parents = path.parent, real(path).parent
    missing = next((folder for folder in parents if not folder.is_dir()), None)
    if missing:
        raise error(f"there is no folder '{missing}' to write '{path}' to")


def is_stream(path: Path) -> bool:
    """Whether it is there to be written into: a device, a pipe, or what we print to."""
    with suppress(OSError):
        mode = path.stat().st_mode
        return not (S_ISREG(mode) or S_ISDIR(mode)) or is_output(path)
    return False


def is_output(path: Path) -> bool:
    """Whether it is what standard output goes to."""
    with suppress(OSError):
        return os.path.samestat(path.stat(), os.fstat(OUTPUT))
    return False


@contextmanager
def _stream(path: Path) -> Generator[IO[bytes]]:
    """What is written goes there in one go, once nothing has failed: a pipe knows no way back."""
    with TemporaryFile() as file:
        yield file
        file.seek(0)
        sys.stdout.flush()  # a file of it that is opened anew would be written from its start
        with os.fdopen(os.dup(OUTPUT), "wb") if is_output(path) else path.open("wb") as stream:
            shutil.copyfileobj(file, stream)


@contextmanager
def _file_beside(target: Path) -> Generator[IO[bytes]]:
    # Beside the target, because a rename is one step within a file system alone.
    with NamedTemporaryFile(dir=target.parent, prefix=_hidden(target), delete=False) as file:
        try:
            yield file
            file.close()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(target)
        except BaseException:
            with suppress(OSError):
                file.close()  # what a full disk did not take fails once more
            with suppress(FileNotFoundError):
                Path(file.name).unlink()
            raise


def _hidden(target: Path) -> str:
    """How the name begins of what will be in the place of a file or folder."""
    return f".{target.name}."


@contextmanager
def _blamed_on(path: Path, target: Path) -> Generator[None]:
    """A system's error names the path: it knows of a full disk's file nothing, or our own name."""
    try:
        yield
    except OSError as fault:
        is_ours = fault.filename is None or _hidden(target) in str(fault.filename)
        if fault.errno is None or not is_ours:
            raise
        raise OSError(fault.errno, fault.strerror, str(path)) from fault


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
    """A folder to fill; it becomes `path`, and what was there goes, once nothing has failed.

    Where the path is a link, that is the folder that it leads to. `NetError` where the process
    stands in it, and would stand in what was thrown away.
    """
    target = real(path)
    if Path.cwd().is_relative_to(target):
        raise error(f"'{path}' is where you are", help="name a folder in it, which is made anew")
    with _blamed_on(path, target), _parents(target):
        new = Path(mkdtemp(dir=target.parent, prefix=_hidden(target)))
        try:
            yield new
            new.chmod(0o777 & ~_umask())
            _replace_folder(new, target)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def _parents(path: Path) -> Generator[None]:
    """The folders that lead there; those that were made go again where something fails."""
    made = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()
        raise


def _replace_folder(new: Path, path: Path) -> None:
    old = new.with_name(f"{new.name}.old")
    while True:
        with suppress(FileNotFoundError):
            path.rename(old)
        try:
            new.rename(path)
        except BaseException as fault:
            if isinstance(fault, OSError) and fault.errno in (EEXIST, ENOTEMPTY):
                # Another process has put its own there in between: then that is what goes.
                shutil.rmtree(old, ignore_errors=True)
                continue
            if old.exists():
                old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
        return


def _umask() -> int:
    """The user's, which a temporary file ignores."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
