"""Labelled images: a folder with one folder a class, or arrays in a .npz file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netlang.classes import class_count
from netlang.diagnostic import error
from netlang.ground.natural import natural
from netlang.images import Preparation
from netlang.ir.graph import Graph
from netlang.running.inputs import find_images

if TYPE_CHECKING:
    from PIL.Image import Image

HELP = (
    "name a folder that holds a folder of images for each class, or a .npz file: "
    "numpy.savez('train.npz', images=images, labels=labels)"
)


@dataclass(frozen=True)
class Dataset:
    """Images and the class of each, which counts from 0.

    `open` gives an image in the network's colours, or NetError where the file holds none; `name`
    is what a person calls it. Folders name the `classes`; those of arrays have no names (None).
    """

    source: Path
    labels: Sequence[int]
    name: Callable[[int], str]
    open: Callable[[int], Image]
    classes: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.labels)


def read_dataset(path: Path, preparation: Preparation) -> Dataset:
    """The labelled images of a folder or a .npz file; NetError where they are none, or damaged."""
    if path.is_dir():
        return _folder(path, preparation)
    if not path.is_file():
        raise error(f"there is no '{path}' to learn from", help=HELP)
    if path.suffix.lower() != ".npz":
        raise error(f"'{path}' is neither a folder nor a .npz file", help=HELP)
    return _arrays(path, preparation)


def require_classes(data: Dataset, graph: Graph, help: Callable[[int], str]) -> None:
    """`NetError` where the data have other classes than the network; `help` of their number.

    Arrays may lack images of the last classes.
    """
    wanted, found = class_count(graph), len(data.classes or range(max(data.labels) + 1))
    if found == wanted or (found < wanted and not data.classes):
        return
    what = "a folder for each of" if data.classes else "labels of"
    raise error(
        f"'{data.source}' has {what} {found} classes, and '{graph.name}' tells {wanted} apart",
        help=help(found),
    )


def require_alike(training: Dataset, validation: Dataset) -> None:
    """`NetError` where two folders do not have the same classes: their numbers would differ."""
    if not (training.classes and validation.classes):
        return
    if lost := sorted(set(training.classes) ^ set(validation.classes), key=natural):
        own, other = training.source, validation.source
        has, lacks = (own, other) if lost[0] in training.classes else (other, own)
        raise error(
            f"'{has}' has a folder '{lost[0]}', and '{lacks}' has none",
            help="give both the same classes, in folders of the same names",
        )


def _folder(path: Path, preparation: Preparation) -> Dataset:
    inside = (each for each in path.iterdir() if each.is_dir() and not each.name.startswith("."))
    folders = sorted(inside, key=lambda each: natural(each.name))
    if not folders:
        raise error(f"'{path}' holds no folders of images", help=HELP)
    files, labels = list[Path](), list[int]()
    for label, folder in enumerate(folders):
        found = find_images(folder)
        files += found
        labels += [label] * len(found)
    names = tuple(folder.name for folder in folders)
    return Dataset(
        path,
        labels,
        lambda index: str(files[index]),
        lambda index: preparation.open(files[index]),
        names,
    )


def _arrays(path: Path, preparation: Preparation) -> Dataset:
    images, labels = _read(path)
    if images.dtype != "uint8" or not _has_pixels(images.shape):
        raise error(
            f"'images' of '{path}' are {_shape(images)} of {images.dtype}",
            help="save them as N x H x W x 3, or N x H x W where they are gray, of uint8",
        )
    if labels.dtype.kind not in "iu" or labels.shape != images.shape[:1] or not len(labels):
        raise error(
            f"'labels' of '{path}' are {_shape(labels)} of {labels.dtype}, of {len(images)} images",
            help="save a whole number for each image: labels.astype('int64')",
        )
    if labels.min() < 0:
        raise error(f"'{path}' has a label {labels.min()}", help="labels count from 0")
    images = images[..., 0] if images.shape[3:] == (1,) else images

    def image(index: int) -> Image:
        from PIL import Image

        return preparation.coloured(Image.fromarray(images[index]))

    return Dataset(path, labels.tolist(), lambda index: f"{path}[{index}]", image)


def _has_pixels(shape: tuple[int, ...]) -> bool:
    """Whether an array of this shape is images: N x H x W, or N x H x W x 1 or 3."""
    return len(shape) >= 3 and shape[3:] in ((), (1,), (3,)) and 0 not in shape[1:]


def _read(path: Path) -> tuple[Any, Any]:
    import numpy as np

    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file) as arrays:
            return arrays["images"], arrays["labels"]
    except KeyError as fault:
        raise error(f"'{path}' lacks an array: {fault.args[0]}", help=HELP) from None
    except Exception as fault:  # zip, deflate and numpy meet damage with errors of every kind
        raise error(f"'{path}' is not a whole .npz file: {fault}", help=HELP) from None


def _shape(array: Any) -> str:
    return "x".join(map(str, array.shape)) or "a single number"
