"""This machine and its CPU."""

from __future__ import annotations

import os
import platform
import re
import sys
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


def require(precision: str) -> None:
    """`NetError` where the CPU has to pretend that it computes in a precision."""
    if precision == "bfloat16" and not cpu().has_bfloat16:
        raise error(
            "this CPU does not compute in bfloat16",
            help="float32 is faster on it: leave out --dtype",
        )


def require_threads(threads: int | None) -> None:
    """`NetError` for a number of cores that is none; None are all."""
    if threads is not None and threads < 1:
        raise error(f"'--threads {threads}' is no number of threads", help="write --threads 2")


SPINS = 1000
"""How often a thread of GNU's OpenMP looks for work before it sleeps: some ten microseconds.

With 84 layers to an image, waking it for each takes a third of GoogLeNet's time.
"""


def wait_briefly() -> None:
    """Lets threads that wait sleep soon: one that spins takes the core that another waits for.

    With a busy neighbour a network takes many times as long otherwise. OpenMP looks at this once,
    as torch is loaded. Who has said how to wait is not overruled.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        os.environ.setdefault("GOMP_SPINCOUNT", str(SPINS))


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""What mallopt of the GNU C library is asked for by these numbers (its malloc.h)."""


def keep_memory() -> None:
    """Lets the process keep for the next call what it frees, as other runtimes do.

    The system zeroes each page that it gives anew: a fifth of a call of 16 images. C libraries
    other than GNU's are left as they are.
    """
    import ctypes

    mallopt = sys.platform == "linux" and getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_TRIM_THRESHOLD, -1)  # never
        mallopt(M_MMAP_THRESHOLD, 1 << 30)  # a block of its own, from so many bytes on
