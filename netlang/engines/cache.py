"""What compiling has made, kept in a folder: bytes by a name that says all that they depend on.

    engines/KEY.blob          the bytes, and a checksum behind them
    engines/KEY.weights.json  the size, time and digest of a weight file that has been read

What is damaged is made again, what cannot be written is not kept, and what was used longest ago
goes first, once all is larger than `LIMIT`. To delete the folder is always right.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, TypeVar

from netlang.files import user_cache, write_whole

LIMIT = 4 << 30
"""Bytes: the largest network of the zoo has half a gigabyte."""

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
    """A folder."""

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
        path = self.folder / f"{key}.blob"
        found = _loaded(path, load)
        if found is not None:
            return found
        from filelock import FileLock  # only who makes something waits for others

        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f"{key}.lock", timeout=PATIENCE):
                # Another process may have made it meanwhile.
                found = _loaded(path, load)
                if found is None:
                    found = make()
                    _write(path, dump(found))
                    self._prune()
        except OSError:
            return make() if found is None else found
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

    def _prune(self) -> None:
        """Deletes what was used longest ago, until the rest is within the limit."""
        blobs, total = self.folder.glob("*.blob"), 0
        for path in sorted(blobs, key=lambda path: -path.stat().st_mtime_ns):
            total += path.stat().st_size
            if total > LIMIT:
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
        loaded = load(data)
        os.utime(path)
    except (OSError, ValueError, RuntimeError):
        return None
    return loaded
