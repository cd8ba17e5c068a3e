"""Weights in safetensors files."""

from __future__ import annotations

from collections.abc import Collection, Container, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from netlang.diagnostic import Diagnostic, NetError, did_you_mean, error
from netlang.files import write_whole
from netlang.ir.graph import Graph
from netlang.weights.checkpoint import layer_of, tensors
from netlang.weights.header import read_header
from netlang.weights.origin import metadata

if TYPE_CHECKING:
    from netlang.weights.checkpoint import Array, Checkpoint

SHOWN = 8
"""How many wrong tensors are listed."""

FLOATS = {"F16": "float16", "F32": "float32", "F64": "float64"}

Shape = tuple[int, ...]


def read_weights(path: str | Path, graph: Graph, loose: Collection[str] = ()) -> dict[str, Array]:
    """The weights of a network from a safetensors file, as float32, in the network's order.

    The file is mapped: what is float32 there is read when it is used.

    The layers of auxiliary heads may be missing: inference does not need them. `loose` layers may
    have other shapes in the file, and are then left out. Anything else that is missing, unknown or
    of another shape is a `NetError` that names it.
    """
    wanted = tensors(graph)
    with _open(Path(path)) as file:
        found = {name: file.get_slice(name) for name in sorted(file.keys())}
        shapes = {name: tuple(entry.get_shape()) for name, entry in found.items()}
        misfits = {layer_of(n) for n, w in wanted.items() if shapes.get(n, w.shape) != w.shape}
        left_out = misfits & set(loose)
        faults = [*_mismatches(graph, shapes, left_out), *_not_floats(found)]
        if faults:
            foreign = shapes.keys().isdisjoint(wanted)
            help = "`netlang weights` takes over those of other programs" if foreign else ""
            raise NetError(
                *first_of(faults, f"the weights in '{path}' do not fit the network", help)
            )
    numbers = _mapped(Path(path))
    return {
        name: numbers[name].astype("float32", copy=False)
        for name in wanted
        if name in found and layer_of(name) not in left_out
    }


def write_weights(path: str | Path, weights: Checkpoint, graph: Graph | None = None) -> None:
    """Writes weights as a safetensors file, whole or not at all.

    Where `graph` is given, the network that they are for, the file tells what it computes.
    """
    from safetensors.numpy import save

    write_whole(Path(path), save(dict(weights), metadata(graph) if graph else None))


def require_file(path: Path) -> None:
    """`NetError` where there is no such file."""
    if not path.is_file():
        raise error(f"there is no weight file '{path}'")


@contextmanager
def _open(path: Path) -> Generator[Any]:
    from safetensors import SafetensorError, safe_open

    require_file(path)
    try:
        with cast(Any, safe_open)(path, framework="numpy") as file:
            yield file
    except SafetensorError as fault:
        raise error(
            f"'{path}' is not a whole safetensors file ({fault})",
            help=f"`netlang weights NET {path} -o FILE` makes one of what torch wrote",
        ) from None


def _mapped(path: Path) -> dict[str, Any]:
    """The tensors of a whole safetensors file where they lie in it."""
    import numpy as np

    data = np.memmap(path, "uint8", "c")  # what is written to them stays in memory
    start, header = read_header(path)
    header.pop("__metadata__", None)
    return {
        name: data[start + first : start + end]
        .view(FLOATS.get(entry["dtype"], "uint8"))
        .reshape(entry["shape"])
        for name, entry in header.items()
        for first, end in [entry["data_offsets"]]
    }


def _mismatches(
    graph: Graph, found: Mapping[str, Shape], left_out: Container[str]
) -> Iterator[Diagnostic]:
    wanted = tensors(graph)
    for name, weight in wanted.items():
        if found.get(name, weight.shape) != weight.shape and layer_of(name) not in left_out:
            yield Diagnostic(
                f"'{name}' is {show_shape(found[name])} and should be {show_shape(weight.shape)}"
            )
    needed = graph.needed((graph.output,))
    missing = [n for n in wanted if n not in found and layer_of(n) in needed]
    # torch's batch norms count their batches, which nothing reads.
    unknown = [n for n in found if n not in wanted and not n.endswith(".num_batches_tracked")]
    for name in missing:
        yield Diagnostic(f"'{name}' is missing")
    for name in unknown:
        yield Diagnostic(f"'{graph.name}' has no '{name}'", help=did_you_mean(name, missing))


def _not_floats(found: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for name, entry in found.items():
        if entry.get_dtype() not in FLOATS:
            yield Diagnostic(
                f"'{name}' holds numbers of type {entry.get_dtype()}",
                help="save the weights as float32, float16 or float64",
            )


def first_of(faults: list[Diagnostic], title: str, help: str = "") -> Iterator[Diagnostic]:
    """A title and the first of many faults: a file for another network has hundreds."""
    yield Diagnostic(title, help=help)
    yield from faults[:SHOWN]
    if len(faults) > SHOWN:
        yield Diagnostic(f"and {len(faults) - SHOWN} more like these")


def show_shape(shape: Shape) -> str:
    """A shape in a message: 64x3x7x7."""
    return "x".join(map(str, shape)) or "a single number"
