"""plan.json: what the loader of an artifact needs to know, one launch a line for who reads it.

A launch is [layer, function, arguments]; an argument is `input N`, `output`, `arena OFFSET` (in
bytes), `scratch OFFSET` (the same, of float32 numbers), `counters OFFSET` (in int32 numbers) or
`weight NAME`. Offsets are multiplied by the batch, and so are the sizes of the arena and of the
counters. A grid is the sum of its [pixels an image, pixels a program, times].

Those of a function's arguments that it takes as descriptors are listed by position. An extent
of theirs is [number, power]: the number times the batch to that power.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from netlang import __version__
from netlang.kernels import Kernel
from netlang.plan import Argument, Constant, Counters, Input, Memory, Plan, Scratch

# The loader in netlang/runtime/folder.py has the same two, because it stands alone.
FORMAT = "netlang"
VERSION = 2


def manifest(plan: Plan) -> str:
    """The text of plan.json."""
    offsets = {buffer.name: buffer.offset for buffer in plan.buffers}
    parts: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "compiler": __version__,
        "network": plan.network,
        "precision": plan.precision,
        "inputs": [type.shape for type in plan.inputs],
        "output": plan.output.shape,
        "arena": plan.arena_bytes,
        "counters": plan.counters,
        "functions": {f.name: _function(f.kernel) for f in plan.functions},
        "calls": [
            [call.layer, call.function, [_argument(a, offsets) for a in call.arguments]]
            for call in plan.calls
        ],
        "weights": {weight.name: [weight.dtype, weight.shape] for weight in plan.weights},
    }
    lines = ",\n".join(f"  {json.dumps(key)}: {_spread(part)}" for key, part in parts.items())
    return f"{{\n{lines}\n}}\n"


def _function(kernel: Kernel) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "grid": [(tiles.per_image, tiles.tile, tiles.times) for tiles in kernel.grid],
        "warps": kernel.warps,
        "stages": kernel.stages,
    }
    described = {i: p.descriptor for i, p in enumerate(kernel.parameters) if p.descriptor}
    if described:
        entry["descriptors"] = {i: asdict(descriptor) for i, descriptor in described.items()}
    return entry


def _argument(argument: Argument, offsets: Mapping[str, int]) -> str:
    match argument:
        case Input(position):
            return f"input {position}"
        case Memory(buffer):
            return f"arena {offsets[buffer]}"
        case Constant(weight):
            return f"weight {weight}"
        case Scratch(buffer):
            return f"scratch {offsets[buffer]}"
        case Counters(offset):
            return f"counters {offset}"
        case _:
            return "output"


def _spread(part: Any) -> str:
    """JSON with an item a line where the items are many."""
    if isinstance(part, dict):
        return "{\n" + ",\n".join(_items(part)) + "\n  }"
    if isinstance(part, list) and part and isinstance(part[0], list):
        return "[\n" + ",\n".join(f"    {json.dumps(item)}" for item in part) + "\n  ]"
    return json.dumps(part)


def _items(part: Mapping[str, Any]) -> Iterator[str]:
    for key, item in part.items():
        yield f"    {json.dumps(key)}: {json.dumps(item)}"
