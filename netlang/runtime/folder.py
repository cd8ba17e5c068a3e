"""Reads the folder of a compiled network: its plan, its kernels and its weights."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

FORMAT = "netlang"
VERSION = 2
FILES = ("plan.json", "kernels.py", "weights.safetensors")

DTYPES = {
    "float32": torch.float32,
    "tf32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
SAFETENSORS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}

Weights = dict[str, Tensor]


class ArtifactError(Exception):
    """A folder that is not what `netlang compile` writes, or not for this loader."""


@dataclass(frozen=True)
class Network:
    """What is in a folder, with the weights on a device."""

    plan: dict[str, Any]
    kernels: ModuleType
    weights: Weights

    def to(self, device: torch.device) -> Network:
        """The network with weights of its own on another device."""
        weights = {name: weight.to(device, copy=True) for name, weight in self.weights.items()}
        return Network(self.plan, self.kernels, weights)


def read_plan(folder: Path) -> dict[str, Any]:
    """The plan of a folder, which has all that belongs to it; `ArtifactError` if it has not."""
    for name in FILES:
        if not (folder / name).is_file():
            raise ArtifactError(f"'{folder}' is not a compiled network: it has no '{name}'")
    path = folder / "plan.json"
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise ArtifactError(f"'{path}' is not a plan of netlang: it is not JSON") from None
    if not isinstance(plan, dict) or plan.get("format") != FORMAT:
        raise ArtifactError(f"'{path}' is not a plan of netlang")
    if plan.get("version") != VERSION:
        raise ArtifactError(
            f"'{path}' is of version {plan.get('version')}, and this loader reads {VERSION}: "
            "use the model.py of the same folder, or compile the network again"
        )
    return plan


def read_network(folder: Path, plan: dict[str, Any], device: torch.device) -> Network:
    """The network of a folder and its plan; `ArtifactError` where its parts do not fit."""
    weights = _read_weights(folder / "weights.safetensors", plan["weights"], device)
    return Network(plan, import_kernels(folder / "kernels.py", plan["functions"]), weights)


def import_kernels(path: Path, functions: Iterable[str]) -> ModuleType:
    """The module in a file, which has these functions; `ArtifactError` if it has not."""
    spec = spec_from_file_location(f"netlang_kernels_{abs(hash(path.resolve()))}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    missing = next((name for name in functions if not hasattr(module, name)), None)
    if missing:
        raise ArtifactError(f"'{path}' is from another compilation: it has no '{missing}'")
    return module


def _read_weights(path: Path, wanted: dict[str, list[Any]], device: torch.device) -> Weights:
    """The tensors of a safetensors file, which are to be `wanted`: [dtype, shape] by name."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        text = file.read(length) if length < size else b""
    try:
        header = json.loads(text)
    except ValueError:
        raise ArtifactError(f"'{path}' is not a safetensors file") from None
    header.pop("__metadata__", None)
    found = {n: [SAFETENSORS.get(t["dtype"]), t["shape"]] for n, t in header.items()}
    if found != wanted:
        odd = next(n for n in (*wanted, *found) if found.get(n) != wanted.get(n))
        raise ArtifactError(f"'{path}' is from another compilation: '{odd}' differs")
    first = 8 + length
    if size != first + max((t["data_offsets"][1] for t in header.values()), default=0):
        raise ArtifactError(f"'{path}' is not whole")
    # The file is mapped, so that a weight is in memory once before it is on the device.
    data = torch.from_file(str(path), size=size, dtype=torch.uint8)
    weights: Weights = {}
    for name, entry in header.items():
        start, stop = (first + offset for offset in entry["data_offsets"])
        values = data[start:stop].view(DTYPES[wanted[name][0]]).reshape(entry["shape"])
        weights[name] = values.to(device, copy=True)
    return weights
