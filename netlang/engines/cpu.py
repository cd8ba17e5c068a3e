"""This machine and its CPU."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from netlang.diagnostic import error

INFO = Path("/proc/cpuinfo")

BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""What the systems of x86 and Arm call instructions that multiply in it."""


@dataclass(frozen=True)
class Cpu:
    """Its name, and whether it multiplies in bfloat16."""

    name: str
    has_bfloat16: bool


@cache
def cpu() -> Cpu:
    """What the system tells of it; where it tells nothing, there is no bfloat16."""
    text = INFO.read_text(encoding="utf-8") if INFO.exists() else ""
    told = dict(re.findall(r"^([^\t:]+?)\s*: (.*)$", text, re.M))
    flags = set(told.get("flags", told.get("Features", "")).split())
    return Cpu(told.get("model name", platform.processor()), bool(flags & BFLOAT16))


def machine() -> dict[str, Any]:
    """What a benchmark ran on; `load` tells how many others were at work.

    One a core and more is too many.
    """
    return {
        "processor": cpu().name,
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
    }


def require_precision(precision: str) -> None:
    """`NetError` where the CPU has to pretend that it computes in a precision."""
    if precision == "bfloat16" and not cpu().has_bfloat16:
        raise error(
            "this CPU does not compute in bfloat16",
            help="float32 is faster on it",
        )


def require_threads(threads: int | None) -> None:
    """`NetError` for a number of cores that is none; None are all."""
    if threads is not None and threads < 1:
        raise error(f"nothing runs on {threads} threads", help="it takes 1 at least")
