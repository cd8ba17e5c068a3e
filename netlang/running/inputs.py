"""What a person names as inputs: files, folders, patterns, arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from glob import glob, has_magic
from pathlib import Path
from typing import Any, Protocol

from netlang.diagnostic import Diagnostic, NetError, error
from netlang.ground.arrays import Array
from netlang.ground.natural import natural
from netlang.images import READS, Preparation
from netlang.ir.graph import Graph
from netlang.running.ahead import Item
from netlang.running.views import Views

Input = Item[Sequence[Array]]
"""One input of a network with its views, C x H x W."""

ARRAY = ".npy"
HELP = f"{READS}, and arrays in .npy files"


class Prepared(Protocol):
    """How an image becomes what a network is given, which its text tells."""

    @property
    def views(self) -> int:
        """How many arrays an image becomes."""
        ...

    def read_views(self, path: Path) -> Sequence[Array]:
        """These arrays, C x H x W; NetError where the file holds no image."""
        ...


def find(names: Sequence[str]) -> list[Path]:
    """The images and arrays that are named, each name's in natural order: 2 stands before 10.

    A name is a file's, a folder's, which stands for all in it and in its folders, or a pattern
    such as `photos/*.jpg`. NetError of all names that stand for nothing.
    """
    found, faults = list[Path](), list[Diagnostic]()
    for name in names:
        try:
            found += _named(name)
        except NetError as fault:
            faults += fault.diagnostics
    if faults:
        raise NetError(*faults)
    return found


def find_images(folder: Path) -> list[Path]:
    """The images in a folder and in its folders, in natural order; NetError where it has none."""
    return _readable(folder.rglob("*"), _is_image, f"the folder '{folder}' holds no image", READS)


def prepared_by(
    paths: Iterable[Path], graph: Graph, mean_image: Array | None = None
) -> Preparation | None:
    """How images become the network's input, where there are any: arrays are taken as they are.

    `mean_image` is that of the weights. NetError where there are images and the network takes none.
    """
    _require_one_input(graph)
    return None if all(map(_is_array, paths)) else Preparation.of(graph, mean_image)


def tested_by(paths: Iterable[Path], graph: Graph, mean_image: Array | None) -> Views:
    """What the network's recipe shows it of images; NetError for arrays, and as `Views.of`."""
    _require_one_input(graph)
    array = next(filter(_is_array, paths), None)
    if array:
        raise error(
            f"'{array}' is taken as prepared, and a test prepares images itself",
            help="name images, or look at each in one view: no test",
        )
    return Views.of(graph, mean_image)


def _require_one_input(graph: Graph) -> None:
    if len(graph.inputs) > 1:
        raise error(f"'{graph.name}' has {len(graph.inputs)} inputs; 'run' gives it one")


def items(paths: Iterable[Path], graph: Graph, preparation: Prepared | None) -> Iterator[Input]:
    """The inputs that files hold: an image, or each row of an array.

    Who reads one of an array that does not fit the network gets a NetError, as of an image.
    """
    for path in paths:
        if _is_array(path):
            try:
                yield from _rows(path, graph)
            except NetError as fault:
                yield Item(str(path), partial(_fail, fault))
        elif preparation:
            yield Item(str(path), partial(preparation.read_views, path))


def _named(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return _readable(path.rglob("*"), _is_read, f"the folder '{name}' holds no image")
    if not path.exists() and has_magic(name):
        matches = glob(name, recursive=True)  # noqa: PTH207 (pathlib refuses absolute patterns)
        return _readable(map(Path, matches), _is_read, f"'{name}' matches no image")
    if not path.exists():
        raise error(f"there is no image '{name}'", help="name a file, a folder, or 'photos/*.jpg'")
    if path.suffix and not _is_read(path):
        raise error(f"netlang does not run networks on '{path.suffix}' files: '{name}'", help=HELP)
    return [path]


def _readable(
    paths: Iterable[Path], is_read: Callable[[Path], bool], otherwise: str, help: str = HELP
) -> list[Path]:
    found = [
        path for path in paths if is_read(path) and not path.name.startswith(".") and path.is_file()
    ]
    if not found:
        raise error(otherwise, help=help)
    return sorted(found, key=lambda path: natural(str(path)))


def _is_read(path: Path) -> bool:
    return _is_array(path) or _is_image(path)


def _is_image(path: Path) -> bool:
    return _is_of_images(path.suffix.lower())


@cache
def _is_of_images(suffix: str) -> bool:
    """Whether Pillow reads files of this suffix."""
    from PIL import Image

    # Pillow has the usual formats at once, and takes a while to load all of them.
    Image.preinit()
    form = Image.EXTENSION.get(suffix) or Image.registered_extensions().get(suffix)
    return form in Image.OPEN


def _is_array(path: Path) -> bool:
    return path.suffix.lower() == ARRAY


def _fail(fault: NetError) -> Sequence[Array]:
    raise fault


def _rows(path: Path, graph: Graph) -> Iterator[Input]:
    """The inputs of an array N x C x H x W, or the one of C x H x W; they are read when needed."""
    import numpy as np

    try:
        array = np.lib.format.open_memmap(path, mode="r")
    except (OSError, EOFError, ValueError) as fault:
        why = f"'{path}' is not a whole array: {fault}"
        raise error(why, help="numpy.save writes one") from None
    if array.dtype.kind != "f":
        raise error(
            f"'{path}' holds numbers of type {array.dtype}; an array is taken as prepared",
            help="subtract the mean, divide by the deviation, and save it as float32",
        )
    wanted = graph.inputs[0].type
    if array.shape == wanted.shape:
        yield Item(str(path), lambda: [_finite(str(path), array)])
    elif array.shape[1:] == wanted.shape and len(array):
        for row in range(len(array)):
            name = f"{path}[{row}]"
            yield Item(name, lambda row=row, name=name: [_finite(name, array[row])])
    else:
        shown = "x".join(map(str, array.shape)) or "a single number"
        raise error(f"'{path}' is {shown}, and '{graph.name}' takes {wanted}, or N of them")


def _finite(name: str, numbers: Any) -> Array:
    """A copy as float32; `NetError` for nan or infinity, of which an engine's relu may make 0."""
    import numpy as np

    with np.errstate(over="ignore"):  # float64 has numbers that are infinite in float32
        copy = np.array(numbers, "float32")
    if not np.isfinite(copy).all():
        raise error(f"'{name}' holds nan or infinity, which is no input of a network")
    return copy
