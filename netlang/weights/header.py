"""How a safetensors file begins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_header(path: Path) -> tuple[int, dict[str, Any]]:
    """Where the numbers of a safetensors file start, and what is said of them ahead of that.

    OSError or ValueError where it is no such file.
    """
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(min(length, path.stat().st_size)))
    return 8 + length, header
