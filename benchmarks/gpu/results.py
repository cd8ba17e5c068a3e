"""The file of results: a row a case, on a device, by contenders in some versions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from netlang.ground.files import write_whole

KEY = ("network", "batch", "dtype", "device", "target", "versions", "against")
"""What a row is an answer to."""

Row = dict[str, Any]
"""KEY's, `contenders` by name (`benchmarks.gpu.race.Answer`), `layers`, and what it ran on."""


class Results:
    """The rows of a file, which is written anew whenever one is added."""

    def __init__(self, path: Path):
        self.path = path
        text = path.read_text(encoding="utf-8") if path.exists() else '{"rows": []}'
        self.rows: list[Row] = json.loads(text)["rows"]

    def find(self, wanted: Row) -> Row | None:
        """The row that answers what `wanted` asks."""
        return next((row for row in self.rows if _key(row) == _key(wanted)), None)

    def put(self, row: Row) -> None:
        """Adds a row, in the place of one with the same key."""
        self.rows = [each for each in self.rows if _key(each) != _key(row)] + [row]
        self.save()

    def forget(self, wanted: Iterable[Row]) -> None:
        """Drops the rows that answer these."""
        keys = [_key(each) for each in wanted]
        self.rows = [row for row in self.rows if _key(row) not in keys]

    def save(self) -> None:
        """Writes the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = ",\n".join(json.dumps(row, allow_nan=False) for row in self.rows)
        write_whole(self.path, f'{{"rows": [\n{lines}\n]}}\n'.encode())


def _key(row: Row) -> list[Any]:
    return [row[name] for name in KEY]
