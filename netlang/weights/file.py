"""Weights in safetensors files."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from netlang.diagnostic import Diagnostic, NetError, did_you_mean, error
from netlang.ground.arrays import Array, Checkpoint
from netlang.ground.files import write_whole
from netlang.ir.graph import Graph
from netlang.ir.op import Weight
from netlang.weights.checkpoint import layer_of, tensors
from netlang.weights.header import read_header
from netlang.weights.origin import metadata

SHOWN = 8
"""How many wrong tensors are listed."""

FLOATS = {"F16": "float16", "F32": "float32", "F64": "float64"}

MEAN_IMAGE = "mean_image"
"""The one tensor of a file that is no layer's: what was subtracted of images in training."""

Shape = tuple[int, ...]


def read_weights(path: str | Path, graph: Graph, loose: Collection[str] = ()) -> dict[str, Array]:
    """The weights of a network from a safetensors file, as float32, in the network's order.

    The file is mapped: what is float32 there is read when it is used.

    The layers of auxiliary heads may be missing: inference does not need them. `loose` layers may
    have other shapes in the file, and are then left out. Anything else that is missing, unknown or
    of another shape is a `NetError` that names it.
    """
    _require_whole(Path(path))
    wanted, found = tensors(graph), _entries(Path(path))
    shapes = {name: entry.shape for name, entry in found.items()}
    misfits = {layer_of(n) for n, w in wanted.items() if shapes.get(n, w.shape) != w.shape}
    left_out = misfits & set(loose)
    faults = [*_mismatches(graph, wanted, shapes, left_out), *_not_floats(found)]
    if faults:
        foreign = shapes.keys().isdisjoint(wanted)
        help = "`netlang weights` takes over those of other programs" if foreign else ""
        raise NetError(*first_of(faults, f"the weights in '{path}' do not fit the network", help))
    data = _mapped(path)
    return {
        name: found[name].as_float32(data)
        for name in wanted
        if name in found and layer_of(name) not in left_out
    }


def write_weights(
    path: str | Path,
    weights: Checkpoint,
    graph: Graph | None = None,
    mean_image: Array | None = None,
) -> None:
    """Writes weights as a safetensors file, whole or not at all.

    Where `graph` is given, the network that they are for, the file tells what it computes. A
    `mean_image` is what was subtracted of images when they were trained.
    """
    from safetensors.numpy import save

    extra = {} if mean_image is None else {MEAN_IMAGE: mean_image}
    write_whole(Path(path), save({**weights, **extra}, metadata(graph) if graph else None))


def read_mean_image(path: str | Path) -> Array | None:
    """The mean image that a file of weights has, C x H x W, if it has one.

    None where it is no such file: who reads the weights tells that.
    """
    try:
        entry = _entries(Path(path)).get(MEAN_IMAGE)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    if entry is None or entry.type not in FLOATS:
        return None
    return entry.as_float32(_mapped(path))


def require_file(path: Path) -> None:
    """`NetError` where there is no such file."""
    if not path.is_file():
        raise error(f"there is no weight file '{path}'")


def require_finite(weights: Checkpoint, path: str | Path) -> None:
    """`NetError` for nan or infinity, of which a relu may make 0: results would look right."""
    import numpy as np

    broken = [
        Diagnostic(f"'{name}' holds nan or infinity")
        for name, array in weights.items()
        if not np.isfinite(array).all()
    ]
    if broken:
        help = "training that diverges leaves such: it needs a lower rate"
        raise NetError(*first_of(broken, f"the weights in '{path}' are not all finite", help))


@dataclass(frozen=True)
class _Entry:
    """A tensor of a file: of what type it is, by the file's name of that, and its bytes there."""

    type: str
    shape: Shape
    start: int
    end: int

    def as_float32(self, data: Array) -> Array:
        """The tensor in the bytes of its file, or a copy where it is of another type."""
        import numpy as np

        own = data[self.start : self.end].view(FLOATS[self.type]).reshape(self.shape)
        if self.type == "F32":
            return own
        with np.errstate(over="ignore"):  # float64 has numbers that are infinite in float32
            return own.astype("float32")


def _require_whole(path: Path) -> None:
    """`NetError` where there is no safetensors file, or a damaged one."""
    from safetensors import SafetensorError, safe_open

    require_file(path)
    try:
        with cast(Any, safe_open)(path, framework="numpy"):
            pass
    except SafetensorError as fault:
        raise error(
            f"'{path}' is not a whole safetensors file ({fault})",
            help=f"`netlang weights NET {path} -o FILE` makes one of what torch wrote",
        ) from None


def _entries(path: Path) -> dict[str, _Entry]:
    """The tensors of a whole safetensors file by name."""
    start, header = read_header(path)
    header.pop("__metadata__", None)
    return {
        name: _Entry(entry["dtype"], tuple(entry["shape"]), start + first, start + end)
        for name, entry in sorted(header.items())
        for first, end in [entry["data_offsets"]]
    }


def _mapped(path: str | Path) -> Any:
    """The bytes of a file, read as they are used; what is written to them stays in memory."""
    import numpy as np

    # As a plain array: each part of a memmap is one, which takes time.
    return np.asarray(np.memmap(path, "uint8", "c"))


def _mismatches(
    graph: Graph,
    wanted: Mapping[str, Weight],
    found: Mapping[str, Shape],
    left_out: Container[str],
) -> Iterator[Diagnostic]:
    for name, weight in wanted.items():
        if found.get(name, weight.shape) != weight.shape and layer_of(name) not in left_out:
            yield Diagnostic(
                f"'{name}' is {show_shape(found[name])} and should be {show_shape(weight.shape)}"
            )
    needed = graph.needed((graph.output,))
    missing = [n for n in wanted if n not in found and layer_of(n) in needed]
    # torch's batch norms count their batches, which nothing reads.
    others = (n for n in found if n not in wanted and n != MEAN_IMAGE)
    unknown = [n for n in others if not n.endswith(".num_batches_tracked")]
    for name in missing:
        yield Diagnostic(f"'{name}' is missing")
    for name in unknown:
        yield Diagnostic(f"'{graph.name}' has no '{name}'", help=did_you_mean(name, missing))


def _not_floats(found: Mapping[str, _Entry]) -> Iterator[Diagnostic]:
    for name, entry in found.items():
        if entry.type not in FLOATS:
            yield Diagnostic(
                f"'{name}' holds numbers of type {entry.type}",
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
