"""Values inside a network, written as arrays."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from netlang.diagnostic import Diagnostic, NetError, did_you_mean, error
from netlang.ground.arrays import Checkpoint
from netlang.ground.files import whole_folder
from netlang.ir.graph import Graph
from netlang.running.batches import Sink
from netlang.running.outputs import array_file
from netlang.running.watch import watching

ENGINE = "torch in float32, layer by layer as written"
"""What computes the values: an optimized network does not have them all."""


def matching(graph: Graph, patterns: Iterable[str]) -> list[str]:
    """The layers whose names match, in the network's order: `conv2_x.*`.

    NetError of all patterns that match no layer that inference computes.
    """
    needed = graph.needed((graph.output,))
    names = [node.name for node in graph if not node.is_input and node.name in needed]
    chosen = {pattern: {n for n in names if fnmatchcase(n, pattern)} for pattern in patterns}
    lost = [
        Diagnostic(
            f"'{graph.name}' has no layer '{pattern}'",
            help=did_you_mean(pattern, names)
            or f"'netlang summary {graph.name} --layers' lists them",
        )
        for pattern, found in chosen.items()
        if not found
    ]
    if lost:
        raise NetError(*lost)
    return [name for name in names if any(name in found for found in chosen.values())]


@contextmanager
def values_into(
    folder: Path, graph: Graph, weights: Checkpoint, names: Iterable[str]
) -> Generator[Sink]:
    """Writes each batch's values of some layers to `folder`, one `NAME.npy` (N x C x H x W) each.

    The folder is there once the context ends without an error. NetError where it would take the
    place of one that holds something else.
    """
    from netlang.backends.torch import to_module

    require_free(folder)
    module = to_module(graph, weights).eval().requires_grad_(False)
    with whole_folder(folder) as new, ExitStack() as files:
        append = {n: files.enter_context(array_file(new / f"{n}.npy")) for n in names}
        yield _recorder(module, append)


def _recorder(module: Any, append: Mapping[str, Callable[[Any], None]]) -> Sink:
    import torch

    def seen(name: str, value: Any) -> None:
        if name in append:
            append[name](value.numpy())

    def record(_names: list[str], x: Any, _y: Any) -> None:
        with watching(module, seen):
            module(torch.tensor(x))

    return record


def require_free(folder: Path) -> None:
    """`NetError` where the arrays of layers would take the place of something else."""
    if folder.is_file():
        raise error(f"'{folder}' is a file", help="name a folder for the layers' arrays")
    if folder.is_dir() and any(path.suffix != ".npy" for path in folder.iterdir()):
        raise error(f"'{folder}' holds other files, which would go", help="name a new folder")
