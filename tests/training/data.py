"""A network, images that it can tell apart, and files of them."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

NET = """
net tiny(classes = 3) {{
  input 3x8x8, resize=8
  conv 3x3, 8, bias=off -> bn -> relu -> dropout 10%
  aux side, weight=0.3 {{ avgpool global -> linear classes -> softmax }}
  avgpool global -> linear classes -> softmax
  train {{ {} }}
}}
"""

WORDS = "sgd 0.1, weight_decay=1e-4; batch 16; epochs 4; pad 1; crop 8; flip; color pca"


def write_net(folder: Path, words: str = WORDS) -> Path:
    path = folder / "tiny.net"
    path.write_text(NET.format(words))
    return path


def coloured(count: int, seed: int = 0) -> tuple[Any, Any]:
    """Noise, N x 8 x 8 x 3, in which the colour of the label is the brightest."""
    rng = np.random.default_rng(seed)
    images, labels = rng.integers(0, 120, (count, 8, 8, 3)), rng.integers(0, 3, count)
    images[np.arange(count), ..., labels] += 90
    return images.astype("uint8"), labels


def write_arrays(path: Path, count: int = 96, seed: int = 0) -> Path:
    images, labels = coloured(count, seed)
    np.savez(path, images=images, labels=labels)
    return path


def write_folders(path: Path, count: int = 24, names: str = "a2 a10 b") -> Path:
    images, labels = coloured(count)
    for label, name in enumerate(names.split()):
        (path / name).mkdir(parents=True)
        for number, image in enumerate(images[labels == label]):
            Image.fromarray(image).save(path / name / f"{number}.png")
    return path
