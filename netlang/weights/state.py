"""Files that torch writes: a module's state, as it is or among other things."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zipfile import is_zipfile

from netlang.diagnostic import error
from netlang.natural import natural
from netlang.weights.file import require_file

if TYPE_CHECKING:
    from netlang.weights.checkpoint import Array

State = Mapping[str, Any]

USUAL = ("state_dict", "model", "model_state_dict", "module", "net")
"""Under which names programs keep a module's state beside that of an optimizer."""


def read_state(path: Path) -> dict[str, Array]:
    """The tensors of a file of torch or safetensors by name, as float32.

    They are in the order of torch's file; one of safetensors keeps none, which is why its names are
    in natural order. Nothing in the file is executed. `NetError` where it holds something else.
    """
    require_file(path)
    state = _safetensors(path) if path.suffix == ".safetensors" else _pickled(path)
    return {name: tensor.float().numpy() for name, tensor in state.items()}


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
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, pickle.UnpicklingError):
        if is_zipfile(path):
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


def _is_state(found: Any) -> bool:
    import torch

    tensors = cast(State, found).values() if isinstance(found, dict) else ()
    return bool(tensors) and all(isinstance(tensor, torch.Tensor) for tensor in tensors)
