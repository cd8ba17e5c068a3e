"""The tiles that kernels are made with."""

from __future__ import annotations

from netlang.device import Target
from netlang.kernels import Kernel
from netlang.tune.tuning import Tuning


def choose(kernel: Kernel, target: Target, tuning: Tuning | None = None) -> Kernel:
    """A kernel with the tiles that were measured for it, or else with those of the model."""
    # The model is written in NumPy, and who asks where a network's time goes plans nothing.
    from netlang.tune.candidates import candidates

    tuned = tuning.applied(kernel) if tuning else None
    return tuned or candidates(kernel, target)[0]
