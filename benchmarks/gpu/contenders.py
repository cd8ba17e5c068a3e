"""The contenders by name; each is imported in the process that it runs in, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import netlang
from netlang.bench.report import installed
from netlang.ground.resources import code_digest

NETLANG = "netlang"

PEERS = ("torch", "compile", "jax")

_HOMES = {
    NETLANG: "with_torch:Netlang",
    "torch": "with_torch:Eager",
    "compile": "with_torch:Compiled",
    "jax": "with_jax:Jax",
    "netlang's layers": "layers:OfNetlang",
    "torch's layers": "layers:OfTorch",
}


def make(name: str) -> Any:
    """A contender, or one of its layers alone."""
    module, _, cls = _HOMES[name].partition(":")
    return getattr(import_module(f"benchmarks.gpu.{module}"), cls)()


def versions(names: Iterable[str]) -> dict[str, str]:
    """What decides how fast contenders are, themselves apart from the device.

    netlang's has digits that change with its text: a version stays from release to release.
    """
    packages = ["torch", "triton", *(["jax", "jaxlib"] if "jax" in names else [])]
    return {"netlang": f"{netlang.__version__}+{code_digest()}"} | installed(packages)
