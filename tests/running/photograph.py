"""A photograph of noise."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def saved(path: Path, height: int, width: int) -> Any:
    """Writes `a.png` to a folder; its pixels."""
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype="uint8")
    Image.fromarray(pixels).save(path / "a.png")
    return pixels
