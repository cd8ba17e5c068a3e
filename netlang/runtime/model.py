"""Runs a network that netlang compiled. It needs this folder, torch and triton; not netlang.

    from model import Model
    model = Model.load("resnet50")          # the folder; the weights go to the GPU once
    logits = model(torch.randn(8, 3, 224, 224, device="cuda"))

Without a GPU, TRITON_INTERPRET=1 in the environment runs the same kernels on the CPU: slowly, for
looking at numbers. A model keeps its activations in one arena, which grows to the largest batch it
has seen: use it from one stream at a time.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

FORMAT = "netlang"
VERSION = 1
FILES = ("plan.json", "kernels.py", "weights.safetensors")

DTYPES = {
    "float32": torch.float32,
    "tf32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}
SAFETENSORS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}

Weights = dict[str, Tensor]
Launch = tuple[Any, tuple[int, ...], dict[str, int], list[Any]]
"""A kernel, its grid, its options, and its pointers: tensors, or where to find one in a call."""


class ArtifactError(Exception):
    """A folder that is not what `netlang compile` writes, or not for this loader."""


class Model:
    """A compiled network on a device."""

    def __init__(
        self, plan: dict[str, Any], kernels: ModuleType, weights: Weights, device: torch.device
    ):
        self.plan, self.device = plan, device
        self.inputs = [tuple(shape) for shape in plan["inputs"]]
        self.output = tuple(plan["output"])
        self._kernels, self._weights = kernels, weights
        self._arena = torch.empty(0, dtype=torch.uint8, device=device)
        # Each launch leaves its counters at zero, as it found them.
        self._counters = torch.zeros(0, dtype=torch.int32, device=device)
        self._launches: dict[int, list[Launch]] = {}

    @classmethod
    def load(cls, folder: str | Path, device: str | torch.device | None = None) -> Model:
        """The model in a folder of `netlang compile -o`, on the GPU unless told otherwise."""
        folder = Path(folder)
        for name in FILES:
            if not (folder / name).is_file():
                raise ArtifactError(f"'{folder}' is not a compiled network: it has no '{name}'")
        plan = _read_plan(folder / "plan.json")
        place = _device(device, plan["precision"])
        weights = _read_weights(folder / "weights.safetensors", plan["weights"], place)
        return cls(plan, _import_kernels(folder / "kernels.py", plan["functions"]), weights, place)

    @torch.inference_mode()
    def __call__(self, *inputs: Tensor) -> Tensor:
        """The network's result for tensors N x C x H x W, in the data type of the first of them."""
        batch = self._check(inputs)
        output = inputs[0].new_empty((batch, *self.output))
        if batch == 0:
            return output
        given: dict[str, Tensor] = {"output": output}
        given |= {f"input {i}": x.contiguous() for i, x in enumerate(inputs)}
        with torch.cuda.device(self.device if self.device.type == "cuda" else -1):
            for kernel, grid, options, pointers in self._bound(batch):
                arguments = [given[p] if isinstance(p, str) else p for p in pointers]
                kernel[grid](*arguments, batch, **options)
        return output

    def __repr__(self) -> str:
        shapes = ", ".join("N" + "".join(f"x{n}" for n in shape) for shape in self.inputs)
        return f"Model({self.plan['network']}, {self.plan['precision']}, {shapes}, {self.device})"

    def _check(self, inputs: tuple[Tensor, ...]) -> int:
        """The batch of the inputs; errors where they are not what the network takes."""
        name = self.plan["network"]
        if len(inputs) != len(self.inputs):
            raise TypeError(f"{name} takes {len(self.inputs)} tensor(s), and gets {len(inputs)}")
        for x, shape in zip(inputs, self.inputs, strict=True):
            if tuple(x.shape[1:]) != shape or x.dim() != len(shape) + 1:
                wanted, got = ("x".join(map(str, s)) for s in (("N", *shape), tuple(x.shape)))
                raise ValueError(f"{name} takes {wanted}, and gets {got}")
            if x.dtype not in DTYPES.values():
                raise TypeError(f"{name} takes float32, float16 or bfloat16, and gets {x.dtype}")
            if x.device != self.device:
                raise ValueError(f"{name} is on {self.device}, and its input on {x.device}")
        if len({x.shape[0] for x in inputs}) > 1:
            raise ValueError(f"{name} takes inputs of one batch size")
        return inputs[0].shape[0]

    def _bound(self, batch: int) -> list[Launch]:
        """The launches for a batch, with pointers into the arena; made once."""
        needed = self.plan["arena"] * batch
        if needed > self._arena.numel():
            self._launches.clear()
            self._arena = torch.empty(needed, dtype=torch.uint8, device=self.device)
            counters = self.plan["counters"] * batch
            self._counters = torch.zeros(counters, dtype=torch.int32, device=self.device)
        if batch not in self._launches:
            self._launches[batch] = [
                self._bind(function, arguments, batch)
                for _, function, arguments in self.plan["calls"]
            ]
        return self._launches[batch]

    def _bind(self, function: str, arguments: list[str], batch: int) -> Launch:
        settings = self.plan["functions"][function]
        grid = (_programs(settings["grid"], batch),)
        options = {"num_warps": settings["warps"], "num_stages": settings["stages"]}
        pointers = [self._pointer(argument, batch) for argument in arguments]
        return getattr(self._kernels, function), grid, options, pointers

    def _pointer(self, argument: str, batch: int) -> Tensor | str:
        kind, _, which = argument.partition(" ")
        if kind == "weight":
            return self._weights[which]
        if kind == "counters":
            return self._counters[int(which) * batch :]
        if kind == "arena":
            dtype = DTYPES[self.plan["precision"]]
            return self._arena[int(which) * batch :].view(dtype)
        return argument


def _programs(grid: list[list[int]], batch: int) -> int:
    """How many programs cover a batch: the sum of [pixels an image, pixels a program, times]."""
    return sum(-(-batch * pixels // tile) * times for pixels, tile, times in grid)


def _device(device: str | torch.device | None, precision: str) -> torch.device:
    interpreted = os.environ.get("TRITON_INTERPRET") == "1"
    place = torch.device(device or ("cpu" if interpreted else "cuda"))
    if place.type == "cuda" and not torch.cuda.is_available():
        raise RuntimeError("torch finds no CUDA device; TRITON_INTERPRET=1 runs on the CPU, slowly")
    if place.type == "cpu" and not interpreted:
        raise RuntimeError("on the CPU the kernels run with TRITON_INTERPRET=1 only")
    if interpreted and precision == "bfloat16":
        raise RuntimeError("Triton's interpreter multiplies bfloat16 wrongly; use another dtype")
    # The device as tensors have it: "cuda" is not equal to "cuda:0".
    return torch.empty(0, device=place).device


def _read_plan(path: Path) -> dict[str, Any]:
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


def _import_kernels(path: Path, functions: dict[str, Any]) -> ModuleType:
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
