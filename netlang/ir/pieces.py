"""Several results of one kernel, and one kernel of several: what composite operators share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netlang import kernels
from netlang.ir.op import Launch, Op, ShapeError, Site
from netlang.ir.types import TensorType
from netlang.kernels.letters import lettered

if TYPE_CHECKING:
    from netlang.kernels import FeatureMap, Layer


def parts_of(w: Mapping[str, Any], parts: Iterable[str]) -> list[dict[str, Any]]:
    """The weights of each part by its own slots: `b.weight` is the `weight` of part `b`."""
    prefixes = [f"{part}." for part in parts]
    return [
        {slot.removeprefix(p): value for slot, value in w.items() if slot.startswith(p)}
        for p in prefixes
    ]


def joined(results: Sequence[TensorType]) -> TensorType:
    """The type of results side by side."""
    first = results[0]
    odd = next((each for each in results if each.shape[1:] != first.shape[1:]), None)
    if odd:
        raise ShapeError(f"results of {first} and {odd} have no one height and width")
    return TensorType((sum(each.channels for each in results), *first.shape[1:]))


def side_by_side(values: Sequence[Any]) -> Any:
    """Torch tensors, channel after channel."""
    import torch

    return torch.cat(list(values), 1)


def cut(pieces: Sequence[FeatureMap], types: Sequence[TensorType]) -> list[tuple[FeatureMap, ...]]:
    """The pieces that hold each of several results, which follow one another in their channels."""
    runs: list[tuple[FeatureMap, ...]] = []
    rest = list(pieces)
    for type in types:
        run: list[FeatureMap] = []
        missing = type.channels
        while missing:
            piece = rest.pop(0)
            n = min(missing, piece.channels)
            run.append(replace(piece, channels=n))
            if n < piece.channels:
                behind = replace(piece, channels=piece.channels - n, view=piece.view.shifted(n))
                rest.insert(0, behind)
            missing -= n
        runs.append(tuple(run))
    return runs


def only(part: Op, site: Site) -> Launch:
    """The one launch of a part."""
    (launch,) = part.launches(site)
    return launch


def layer_of(launch: Launch) -> Layer:
    """The kernel of a launch, which is one of a single layer."""
    assert isinstance(launch.kernel, kernels.Layer)
    return launch.kernel


def slots_of(letter: str, launch: Launch) -> list[str]:
    """The slots of a part's weights as the whole names them."""
    return [f"{letter}.{slot}" for slot in launch.weights]


def by_role(
    kernel: Layer, launches: Sequence[Launch], positions: Sequence[Sequence[int | None]]
) -> Launch:
    """The launch of a kernel made of others: all inputs, then all tensors; weights, then vectors.

    `positions` tells for each launch at which input of the node its inputs are; None is the result
    of the launch ahead of it.
    """
    inputs, tensors = list[int | None](), list[int | None]()
    weights, vectors = list[str](), list[str]()
    for (letter, launch), place in zip(lettered(launches), positions, strict=True):
        first = sum(parameter.role == "input" for parameter in launch.kernel.parameters)
        packed = len(launch.kernel.packing)
        read, slots = [place[i] for i in launch.inputs], slots_of(letter, launch)
        inputs, tensors = inputs + read[:first], tensors + read[first:]
        weights, vectors = weights + slots[:packed], vectors + slots[packed:]
    reads = tuple(i for i in inputs + tensors if i is not None)
    return Launch(kernel, reads, tuple(weights + vectors))
