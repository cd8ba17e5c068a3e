"""The folder of a compiled network: written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from netlang.backends.triton.manifest import FORMAT, manifest
from netlang.backends.triton.numbers import serialized
from netlang.backends.triton.source import source
from netlang.diagnostic import error
from netlang.ground.arrays import Array
from netlang.ground.files import whole_folder
from netlang.plan import Plan

LOADER = ("model.py", "device.py", "folder.py", "session.py")
"""The files of netlang/runtime that an artifact carries."""

PACKAGE = "netlang_runtime"
"""What netlang.runtime is called in an artifact, where netlang is not."""


def write_artifact(
    plan: Plan,
    checkpoint: Mapping[str, Array],
    folder: str | Path,
    beside: Mapping[str, str] | None = None,
) -> None:
    """Writes a plan with its numbers to a folder, which is new, empty or an older artifact.

    `beside` are more files that are text, by name.
    """
    require_ours(Path(folder))
    with whole_folder(Path(folder)) as new:
        for name, text in (texts(plan) | dict(beside or {})).items():
            (new / name).parent.mkdir(exist_ok=True)
            (new / name).write_text(text, encoding="utf-8")
        with (new / "weights.safetensors").open("wb") as file:
            file.writelines(serialized(plan, checkpoint))


def texts(plan: Plan) -> dict[str, str]:
    """The files that are text, by name."""
    return {
        "README.md": _readme(plan),
        "kernels.py": source(plan),
        "plan.json": manifest(plan),
        **_loader(),
    }


def _loader() -> dict[str, str]:
    """model.py, and the package beside it in which it finds the rest."""
    folder = files("netlang.runtime")
    texts = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in LOADER}
    front, *_ = LOADER
    return {
        name if name == front else f"{PACKAGE}/{name}": text.replace("netlang.runtime", PACKAGE)
        for name, text in texts.items()
    }


def require_ours(folder: Path) -> None:
    """`NetError` where an artifact would take the place of something else."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    try:
        ours = json.loads((folder / "plan.json").read_text(encoding="utf-8"))["format"] == FORMAT
    except (OSError, ValueError, LookupError, TypeError):
        ours = False
    if not ours:
        raise error(
            f"'{folder}' is there and is not a compiled network",
            help="choose a new folder: what is in this one would be lost",
        )


def _readme(plan: Plan) -> str:
    shapes = ", ".join(
        f'torch.randn({", ".join(map(str, (8, *x.shape)))}, device="cuda")' for x in plan.inputs
    )
    return f"""# {plan.network}, {plan.precision}

Compiled by netlang; it runs with torch and triton alone, at any batch size. In this folder:

    import torch
    from model import Model

    model = Model.load(".")
    y = model({shapes})  # 8 x {plan.output}

The first call of a batch size compiles kernels and captures a CUDA graph, which later calls replay;
`model.prepare(8)` does that ahead, and `model.times` says how long it took. `model(x, out=y)` makes
no new tensor, `Model.load(".", graph=False)` launches kernels one by one, and `model.to("cuda:1")`
is the network on another GPU. Each stream that calls a model has activations of its own.

- `kernels.py`: {len(plan.functions)} Triton kernels, each under the layers that launch it
- `plan.json`: the {len(plan.calls)} launches, and where their activations lie in one arena of \
{plan.arena_bytes:,} bytes an image
- `weights.safetensors`: the weights, as the kernels read them
- `model.py`, `{PACKAGE}`: the loader
"""
