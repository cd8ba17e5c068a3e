"""Runs an artifact where netlang is not: `python standalone.py FOLDER BATCH...`.

Reads x1.pt and writes y1.pt for batch 1, in the current folder.
"""

import sys
from pathlib import Path

folder, *batches = sys.argv[1:]
for name in ("netlang", "safetensors"):
    sys.modules[name] = None  # pyright: ignore[reportArgumentType]  # importing it is an error from here on

import torch  # noqa: E402

sys.path[:0] = [folder, str(Path(__file__).parents[1])]
from model import Model  # noqa: E402  # pyright: ignore[reportMissingImports]
from tensor_cores import drop_bits  # noqa: E402  # pyright: ignore[reportMissingImports]

drop_bits()
model = Model.load(folder)
for batch in map(int, batches):
    # What a launch reads and no launch has written is NaN.
    model.prepare(batch)
    with torch.inference_mode():
        model._session._arena.fill_(0xFF)
    torch.save(model(torch.load(f"x{batch}.pt")).clone(), f"y{batch}.pt")
