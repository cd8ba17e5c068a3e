"""A plan's kernels through Triton and the assembler, on a machine that needs no GPU."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.backends.triton.aot import Compiled, Request, compile_kernels
from netlang.backends.triton.source import source
from netlang.device import ARCHES, MULTIPROCESSORS, Target
from netlang.kernels import Kernel
from netlang.plan import Plan


def assemble(
    plan: Plan, arch: str, progress: Callable[[Compiled], None] = lambda compiled: None
) -> list[Compiled]:
    """The kernels for GPUs of an arch, in the plan's order, compiled on all cores for its batch."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kernels.py"
        path.write_text(source(plan), encoding="utf-8")
        requests = [Request.of(f.kernel, f.name, plan.target.batch) for f in plan.functions]
        return compile_kernels(
            path, requests, ARCHES[arch].capability, os.cpu_count() or 1, progress
        )


@dataclass(frozen=True)
class Occupancy:
    """How a launch fills a device.

    `resident` programs run on a multiprocessor at one time; all programs of a batch are `waves`
    times what the device runs at one time.
    """

    resident: int
    waves: float

    @classmethod
    def of(cls, kernel: Kernel, compiled: Compiled, capability: int, target: Target) -> Occupancy:
        """That of a kernel compiled for sm_`capability`, launched on a device for a batch."""
        processor = MULTIPROCESSORS[capability]
        resident = processor.resident(compiled.registers, compiled.shared, kernel.warps)
        programs = sum(tiles.programs(target.batch) for tiles in kernel.grid)
        return cls(resident, programs / (target.device.sms * max(1, resident)))
