"""Photographs as a network's input."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netlang.diagnostic import error
from netlang.ir.types import TensorType

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of the red, green and blue of ImageNet's training images, from 0 to 1."""

MARGIN = 256 / 224
"""The shorter side, as a multiple of what is cut out of its middle (Krizhevsky et al. 2012, 2)."""


def preparation(x: TensorType, shorter: int = 0) -> str:
    """What `read_image` does, in words."""
    side = shorter or round(min(x.height, x.width) * MARGIN)
    colours = "R, G, B" if x.channels == 3 else "gray"
    return (
        f"shorter side to {side}, centre {x.height}x{x.width}, {colours} minus "
        f"{_listed(_statistics(x)[0])} over {_listed(_statistics(x)[1])}"
    )


def read_image(path: Path, x: TensorType, shorter: int = 0) -> NDArray[np.float32]:
    """An image file as an input of type `x` (3 x H x W, or 1 x H x W for gray), normalized.

    The image is scaled until its shorter side has `shorter` pixels (`MARGIN` times the input's
    where it is 0), and the middle is cut out. NetError where the file holds no image.
    """
    import numpy as np
    from PIL import ImageOps
    from PIL.Image import Resampling

    if x.is_flat or x.channels not in (1, 3):
        raise error(
            f"the network takes {x}, which is not an image",
            help="an image has 3 channels, or 1 where it is gray: input 3x224x224",
        )
    # Scaling and cutting in one step: what is left out on each side is a share of the image.
    kept = min(x.height, x.width) / shorter if shorter else 1 / MARGIN
    margin = max(0.0, (1 - kept) / 2)
    image = _open(path).convert("RGB" if x.channels == 3 else "L")
    image = ImageOps.fit(image, (x.width, x.height), Resampling.BICUBIC, margin)
    pixels = np.asarray(image).reshape(x.height, x.width, x.channels) / 255
    mean, deviation = map(np.array, _statistics(x))
    return ((pixels - mean) / deviation).transpose(2, 0, 1).astype("float32")


def _statistics(x: TensorType) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if x.channels == 3:
        return MEAN, DEVIATION
    return (round(sum(MEAN) / 3, 3),), (round(sum(DEVIATION) / 3, 3),)


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(map(str, numbers))


def _open(path: Path) -> Image:
    """The image as the camera meant it, upright."""
    import PIL.Image
    from PIL import ImageOps, UnidentifiedImageError

    if not path.is_file():
        raise error(f"there is no image '{path}'")
    try:
        image = PIL.Image.open(path)
        image.load()
    except UnidentifiedImageError:
        raise error(f"'{path}' is not an image", help="netlang reads JPEG, PNG and more") from None
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as fault:
        raise error(f"the image '{path}' is damaged: {fault}") from None
    if image.mode[0] in "IF":
        raise error(
            f"'{path}' has more than 8 bits a channel (Pillow calls it '{image.mode}')",
            help="save it with 8 bits a channel",
        )
    return ImageOps.exif_transpose(image)
