"""A network of two kernels written by hand, which need all that a launch can be given.

Of 16 channels of 2x3 pixels it takes the last 8, three times as large, each from its left neighbour.
The second kernel reads through a descriptor of a slice, whose left edge is the padding; two programs
share a pixel: each has its part in scratch memory, and the one that counts last adds them up.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

KERNELS = """
import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait


@triton.jit
def enter(x, y, batch, DEPENDENT: tl.constexpr):
    row = tl.program_id(0)
    pixel, image = row // batch, row % batch
    c = tl.arange(0, 16)
    if DEPENDENT:
        gdc_wait()
    v = tl.load(x + image * 96 + c * 6 + pixel)
    if DEPENDENT:
        gdc_launch_dependents()
    tl.store(y + row * 16 + c, v)


@triton.jit
def shift(x, w, scratch, counters, y, batch, DEPENDENT: tl.constexpr):
    row, half = tl.program_id(0) // 2, tl.program_id(0) % 2
    pixel, image = row // batch, row % batch
    c = tl.arange(0, 8)
    factor = tl.load(w + half)
    if DEPENDENT:
        gdc_wait()
    left = x.load([pixel // 3, (pixel % 3 - 1) * batch + image, 0]).reshape([8])
    if DEPENDENT:
        gdc_launch_dependents()
    parts = scratch + row * 16 + c
    tl.store(parts + half * 8, left.to(tl.float32) * factor)
    tl.debug_barrier()
    if tl.atomic_add(counters + row, 1) == 1:
        tl.store(y + image * 48 + c * 6 + pixel, tl.load(parts) + tl.load(parts + 8))
        tl.store(counters + row, 0)
"""

PLAN: dict[str, Any] = {
    "format": "netlang",
    "version": 2,
    "network": "handmade",
    "precision": "float16",
    "inputs": [[16, 2, 3]],
    "output": [8, 2, 3],
    "arena": 256 + 384,
    "counters": 2 + 6,
    "functions": {
        "enter": {"grid": [[6, 1, 1]], "warps": 1, "stages": 1},
        "shift": {
            "grid": [[6, 1, 2]],
            "warps": 1,
            "stages": 1,
            "descriptors": {
                "0": {
                    "offset": 8,
                    "shape": [[2, 0], [3, 1], [8, 0]],
                    "strides": [[48, 1], [16, 0], [1, 0]],
                    "block": [1, 1, 8],
                }
            },
        },
    },
    "calls": [
        ["door", "enter", ["input 0", "arena 0"]],
        ["shift", "shift", ["arena 0", "weight w", "scratch 256", "counters 2", "output"]],
    ],
    "weights": {"w": ["float32", [2]]},
}


def write(folder: Path) -> Path:
    """The artifact, less its loader."""
    folder.mkdir()
    (folder / "kernels.py").write_text(KERNELS)
    (folder / "plan.json").write_text(json.dumps(PLAN))
    save_file({"w": torch.tensor([1.0, 2.0])}, folder / "weights.safetensors")
    return folder


def images(batch: int) -> Tensor:
    """Small whole numbers, which every data type holds, and three times them too."""
    numbers = torch.Generator().manual_seed(batch)
    return torch.randint(-20, 20, (batch, 16, 2, 3), generator=numbers).float()


def expected(x: Tensor) -> Tensor:
    """What the network says, in float64."""
    return 3 * torch.nn.functional.pad(x[:, 8:, :, :-1].double(), (1, 0))
