"""A plan's kernels through Triton and the assembler, on a machine that needs no GPU."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.backends.triton.aot import Compiled, Request, compile_kernels
from netlang.backends.triton.source import source
from netlang.device import ARCHES, MULTIPROCESSORS, RESERVED, Target
from netlang.diagnostic import error
from netlang.kernels import Kernel
from netlang.plan import Plan


def assemble(
    plan: Plan, arch: str, progress: Callable[[Compiled], None] = lambda compiled: None
) -> list[Compiled]:
    """The kernels for GPUs of an arch, in the plan's order, compiled on all cores for its batch.

    `NetError` where the assembler makes one that cannot run on them.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kernels.py"
        path.write_text(source(plan), encoding="utf-8")
        requests = [Request.of(f.kernel, f.name, plan.target.batch) for f in plan.functions]
        capability, jobs = ARCHES[arch].capability, os.cpu_count() or 1
        compiled = compile_kernels(path, requests, capability, jobs, progress)
    for function, each in zip(plan.functions, compiled, strict=True):
        _require_room(function.kernel, each, arch, plan.target)
    return compiled


def _require_room(kernel: Kernel, compiled: Compiled, arch: str, target: Target) -> None:
    """`NetError` where not even one program fits a multiprocessor: no launch would succeed."""
    capability, usual = ARCHES[arch].capability, ARCHES[arch].usual
    if _resident(kernel, compiled, capability):
        return
    has, tiles_of = MULTIPROCESSORS[capability], target.device
    raise error(
        f"the kernel '{compiled.name}' does not fit a multiprocessor of {arch}: it takes "
        f"{32 * kernel.warps * compiled.registers:,} registers and {compiled.shared:,} bytes of "
        f"shared memory, and there are {has.registers:,} and {has.shared - RESERVED:,}",
        help="`netlang compile --tune` finds tiles that run"
        if tiles_of.capability == capability
        else f"its tiles are for {tiles_of.name}: `netlang compile --device {usual}` has others",
    )


def _resident(kernel: Kernel, compiled: Compiled, capability: int) -> int:
    """How many programs of a kernel compiled for sm_`capability` a multiprocessor runs at once."""
    processor = MULTIPROCESSORS[capability]
    return processor.resident(compiled.registers, compiled.shared, kernel.warps)


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
        resident = _resident(kernel, compiled, capability)
        programs = sum(tiles.programs(target.batch) for tiles in kernel.grid)
        return cls(resident, programs / (target.device.sms * resident))
