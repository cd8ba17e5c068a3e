"""How the process that computes on a CPU waits, and what it does with memory."""

from __future__ import annotations

import os
import sys

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
