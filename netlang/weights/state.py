"""A module's state, and files of it that torch writes, as it is or among other things."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zipfile import ZipFile

from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.ground.natural import natural
from netlang.weights.file import require_file

if TYPE_CHECKING:
    from torch import Tensor


State = Mapping[str, Any]

USUAL = ("state_dict", "model", "model_state_dict", "module", "net")
"""Under which names programs keep a module's state beside that of an optimizer."""

PLAIN = {"sparse": "tensor.to_dense() has them", "quantized": "tensor.dequantize() has them"}
"""Where the numbers are, by what a tensor is."""


def read_state(path: Path) -> dict[str, Array]:
    """The tensors of a file of torch or safetensors by name, as float32.

    They are in the order of torch's file; one of safetensors keeps none, which is why its names are
    in natural order. Nothing in the file is executed. `NetError` where it holds something else.
    """
    require_file(path)
    state = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    return as_arrays(state)


def as_arrays(state: State) -> dict[str, Array]:
    """The arrays of a state, or its tensors, on whatever device, by name; tensors as float32.

    `NetError` where one is no plain numbers: they would be lost, or are not there.
    """
    return {name: _as_array(name, found) for name, found in state.items()}


def _as_array(name: str, found: Any) -> Any:
    import numpy as np
    import torch

    is_tensor = isinstance(found, torch.Tensor)
    kind = _kind(found) if is_tensor else "complex" * np.iscomplexobj(found)
    if kind:
        raise error(f"'{name}' is {kind}, and weights are plain numbers", help=PLAIN.get(kind, ""))
    return found.detach().cpu().float().numpy() if is_tensor else np.asarray(found)


def _kind(tensor: Tensor) -> str:
    """What a tensor is that is no plain numbers, or ""."""
    import torch

    if tensor.is_meta:
        return "on torch's device 'meta'"
    if tensor.is_quantized:
        return "quantized"
    if tensor.is_complex():
        return "complex"
    return "" if tensor.layout == torch.strided else "sparse"


def _safetensors(path: Path) -> State:
    import safetensors.torch
    from safetensors import SafetensorError

    try:
        found: State = cast(Any, safetensors.torch).load_file(path)
    except SafetensorError as fault:
        raise error(f"'{path}' is not a whole safetensors file ({fault})") from None
    return {name: found[name] for name in sorted(found, key=natural)}


def _pickled(path: Path) -> State:
    import torch

    try:
        found: Any = torch.load(path, "cpu", weights_only=True)
    except Exception:  # torch and pickle meet damage with errors of every kind
        if _is_whole_zip(path):
            fault = f"'{path}' holds more than tensors, and to read that is to run it"
        else:
            fault = f"'{path}' is not a whole file of torch's"
        raise error(fault, help="torch.save(module.state_dict(), path) writes one") from None
    beside = cast(dict[str, Any], found) if isinstance(found, dict) else {}
    candidates: list[Any] = [beside, *map(beside.get, USUAL)]
    state = next(filter(_is_state, candidates), None)
    if state is None:
        raise error(
            f"'{path}' holds no module's state",
            help="torch.save(module.state_dict(), path) writes one",
        )
    return state


def _is_whole_zip(path: Path) -> bool:
    try:
        with ZipFile(path) as archive:
            return archive.testzip() is None
    except Exception:  # as above
        return False


def _is_state(found: Any) -> bool:
    import torch

    state = cast(dict[Any, Any], found) if isinstance(found, dict) else {}
    return bool(state) and all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in state.items()
    )
