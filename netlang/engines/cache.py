"""What compiling has made, kept in a folder by a name that says all that it depends on.

    engines/KEY.blob          bytes, and a checksum behind them
    engines/KEY.artifact      a folder
    engines/KEY.lock          held by who makes one of these
    engines/KEY.weights.json  the size, time and digest of a weight file that has been read

What is damaged is made again, what cannot be written is not kept, and what was used longest ago
goes first, once all is larger than `LIMIT`. To delete the folder is always right.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, TypeVar

from netlang.ground.files import user_cache, write_whole

LIMIT = 4 << 30
"""Bytes: the largest network of the zoo has half a gigabyte."""

BYTES, FOLDER = ".blob", ".artifact"
"""How the names of entries end."""

CHECKSUM = 8
"""Bytes of it."""

PATIENCE = 60
"""Seconds to wait for another process that makes the same."""

T = TypeVar("T")


def user_engines() -> Cache | None:
    """That of the user, or None where no such place can be had."""
    home = user_cache()
    return Cache(home / "engines") if home else None


@dataclass(frozen=True)
class Cache:
    """A folder of entries, each made by one process at a time."""

    folder: Path

    def through(
        self,
        key: str,
        make: Callable[[], T],
        dump: Callable[[T], bytes],
        load: Callable[[Any], T],
    ) -> T:
        """What `load` makes of the bytes that are kept, or else of `make`, whose bytes are kept.

        `load` is given an array, and raises RuntimeError where it is of no use.
        """

        def made(path: Path | None) -> T:
            result = make()
            if path:
                with suppress(OSError):  # it is there, kept or not
                    _write(path, dump(result))
            return result

        return self._through(self.folder / f"{key}{BYTES}", made, lambda path: _loaded(path, load))

    def through_folder(
        self, key: str, make: Callable[[Path | None], T], load: Callable[[Path], T | None]
    ) -> T:
        """What `load` makes of a folder that is kept, or else `make`, which writes one there.

        `load` gives None where the folder is of no use, and `make` keeps nothing where it is given
        None for a place.
        """
        return self._through(self.folder / f"{key}{FOLDER}", make, load)

    def _through(
        self, path: Path, make: Callable[[Path | None], T], load: Callable[[Path], T | None]
    ) -> T:
        found = _used(path, load)
        if found is not None:
            return found
        from filelock import FileLock  # only who makes something waits for others

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(path.with_suffix(".lock"), timeout=PATIENCE):
                # Another process may have made it meanwhile.
                found = _used(path, load)
                if found is None:
                    _delete(path)
                    found = make(path)
                    self._prune(path)
        except OSError:
            return make(None)
        return found

    def digest(self, path: Path) -> str:
        """That of a file, which is read again only where its size or its time has changed."""
        state, place = path.stat(), str(path.resolve())
        seen = [place, state.st_size, state.st_mtime_ns]
        note = self.folder / f"{sha256(place.encode()).hexdigest()[:32]}.weights.json"
        with suppress(OSError, ValueError, LookupError, TypeError):
            *known, digest = json.loads(note.read_text(encoding="utf-8"))
            if known == seen:
                return digest
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_whole(note, json.dumps([*seen, digest]).encode())
        return digest

    def _prune(self, new: Path) -> None:
        """Deletes what was used longest ago, until the rest is within the limit.

        What is new stays, however large: it is in use.
        """
        with suppress(OSError):  # as where another process deletes the same
            entries = {path for path in self.folder.iterdir() if path.suffix in (BYTES, FOLDER)}
            total = _size(new)
            for path in sorted(entries - {new}, key=lambda path: -path.stat().st_mtime_ns):
                total += _size(path)
                if total > LIMIT:
                    _delete(path)


def _used(path: Path, load: Callable[[Path], T | None]) -> T | None:
    """What is loaded of an entry, which is used by now; None where it is not there or of no use."""
    found = load(path)
    if found is not None:
        with suppress(OSError):
            os.utime(path)
    return found


def _size(path: Path) -> int:
    """Bytes of a file, or of all in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def _delete(path: Path) -> None:
    """A file or a folder, which need not be there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    import numpy as np

    write_whole(path, data + _checksum(np.frombuffer(data, "uint8")))


def _checksum(data: Any) -> bytes:
    """The sum of all words, which takes no longer than to read them: a CRC takes five times that.

    It finds what is missing, zeroed or flipped, as disks leave it. Nobody is kept from forging it.
    """
    whole = len(data) // CHECKSUM * CHECKSUM
    rest = int.from_bytes(data[whole:].tobytes(), "little")
    total = int(data[:whole].view("uint64").sum()) + rest
    return (total % (1 << 8 * CHECKSUM)).to_bytes(CHECKSUM, "little")


def _loaded(path: Path, load: Callable[[Any], T]) -> T | None:
    import numpy as np

    try:
        entry: Any = np.memmap(path, "uint8", "c")
        data, checksum = entry[:-CHECKSUM], entry[-CHECKSUM:].tobytes()
        if _checksum(data) != checksum:
            return None
        return load(data)
    except (OSError, ValueError, RuntimeError):
        return None
