"""The contenders by name; each is imported in the process that it runs in, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import netlang

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
    """What decides how fast contenders are, themselves apart from the device."""
    packages = ["torch", "triton", *(["jax", "jaxlib"] if "jax" in names else [])]
    return {"netlang": f"{netlang.__version__}+{_digest()}"} | {p: _version(p) for p in packages}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _digest() -> str:
    """Eight digits that change with netlang's text: its version stays from release to release."""
    home = Path(netlang.__file__).parent
    texts = (path.read_bytes() for path in sorted(home.rglob("*.py")))
    return sha256(b"".join(texts)).hexdigest()[:8]
