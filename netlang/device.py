"""The devices that networks are made fast for: how fast each moves bytes and multiplies."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from numbers import Integral
from typing import Any, Literal

from netlang.diagnostic import error, near_or_all
from netlang.ground.integers import rounded_up
from netlang.kernels.precision import MOST, PRECISIONS, Precision

GB, TB, TFLOP, MB = 1e9, 1e12, 1e12, 10**6

LAUNCH = 3e-6
"""Seconds from the end of one kernel's work to the full speed of the next, in a CUDA graph.

Assumed: nobody has measured it for our kernels yet.
"""


@dataclass(frozen=True)
class Device:
    """A GPU: bytes a second, dense FLOPs a second by dtype (sums in float32), L2 bytes, SMs.

    `capability` is its compute capability: 90 is 9.0. `source` says whether a kernel has reached
    these rates or a datasheet promises them; what is measured is 10 to 20% lower, so compare
    devices of one source.
    """

    name: str
    bandwidth: float
    rates: Mapping[Precision, float] = field(hash=False)
    l2: int
    sms: int
    capability: int
    source: Literal["measured", "datasheet"] = "datasheet"

    @property
    def l2_bandwidth(self) -> float:
        """Bytes a second that kernels draw from the L2 cache; assumed, and alike for each SM."""
        return 42 * GB * self.sms

    @property
    def gather_rate(self) -> float:
        """Loads a second that have an address each; assumed: half of what the SMs can issue."""
        return 27 * GB * self.sms

    @property
    def multiprocessor(self) -> Multiprocessor:
        """What each of its multiprocessors has."""
        return MULTIPROCESSORS[self.capability]

    @property
    def has_tma(self) -> bool:
        """Whether it has a tensor memory accelerator, which kernels' descriptors are for."""
        return self.capability >= 90

    def ridge(self, dtype: Precision) -> float:
        """FLOPs a byte from which on arithmetic is what takes the time."""
        return self.rates[dtype] / self.bandwidth


def _rates(float16: float, tf32: float, float32: float) -> Mapping[Precision, float]:
    """TFLOP/s; bfloat16 is as fast as float16 on all of them, and float32 has no tensor cores."""
    return {
        "float16": float16 * TFLOP,
        "bfloat16": float16 * TFLOP,
        "tf32": tf32 * TFLOP,
        "float32": float32 * TFLOP,
    }


DEVICES: dict[str, Device] = {
    # Measured: a copy (bytes read and written) and a float16 product. tf32 is half of that, as on
    # the datasheet; float32 is the datasheet's.
    "h100": Device("H100 SXM", 3.0 * TB, _rates(790, 395, 66.9), 50 * MB, 132, 90, "measured"),
    # NVIDIA H100 Tensor Core GPU datasheet; its tensor rates are sparse ones, twice the dense.
    "h100-datasheet": Device("H100 SXM", 3.35 * TB, _rates(989.4, 494.7, 66.9), 50 * MB, 132, 90),
    # NVIDIA H200 datasheet: the H100's chip with faster memory.
    "h200": Device("H200 SXM", 4.8 * TB, _rates(989.4, 494.7, 66.9), 50 * MB, 132, 90),
    # NVIDIA HGX B200 datasheet, an eighth of it. SMs and L2 as the driver reports them.
    "b200": Device("B200", 8.0 * TB, _rates(2250, 1125, 75), 126 * MB, 148, 100),
    # NVIDIA A100 datasheet, SXM; L2 and SMs from the architecture's whitepaper.
    "a100-40gb": Device("A100 SXM 40GB", 1555 * GB, _rates(312, 156, 19.5), 40 * MB, 108, 80),
    "a100-80gb": Device("A100 SXM 80GB", 2039 * GB, _rates(312, 156, 19.5), 40 * MB, 108, 80),
    # NVIDIA L4 and L40S datasheets, sparse rates halved.
    "l4": Device("L4", 300 * GB, _rates(121, 60, 30.3), 48 * MB, 58, 89),
    "l40s": Device("L40S", 864 * GB, _rates(362, 183, 91.6), 96 * MB, 142, 89),
    # NVIDIA Ada GPU architecture whitepaper, appendix A; float16 with sums in float32.
    "rtx4090": Device("RTX 4090", 1008 * GB, _rates(165.2, 82.6, 82.6), 72 * MB, 128, 89),
}
"""By the names that people call them."""


@dataclass(frozen=True)
class Arch:
    """GPUs that kernels are compiled for alike, those of one compute capability: 90 is 9.0.

    `usual` is the one of `DEVICES` that kernels are chosen for where nobody names any.
    """

    capability: int
    usual: str


ARCHES = {
    "sm_80": Arch(80, "a100-80gb"),
    "sm_90": Arch(90, "h100"),
    "sm_100": Arch(100, "b200"),
}
"""By the names of NVIDIA's compilers.

sm_89 is none of them: a few kernels take more shared memory there than the model of tiles thinks,
and could not be launched.
"""

VARIANTS = {"pcie", "nvl", "laptop", "d", "mig"}
"""Words of drivers for GPUs that are slower than the one whose name they bear, or a slice of it."""


def matching(name: str) -> str | None:
    """The one of `DEVICES` that a driver's name means: `NVIDIA H100 80GB HBM3` is "h100".

    None where there is no such model of it: an H100 on a PCIe card is not the one that is known.
    """
    words = re.split(r"[\s-]+", name.lower())
    known = {*words, *(a + b for a, b in pairwise(words))}
    if known & VARIANTS:
        return None
    return next((each for each in DEVICES if set(each.split("-")) <= known), None)


def nearest(capability: int, shared: int, sms: int) -> str | None:
    """The one of `DEVICES` most like a GPU that runs its kernels; None where it is too old.

    `capability` is the GPU's, `sms` its multiprocessors, `shared` the bytes of shared memory of
    each, which decide what runs: newer GPUs may have less (9.0 has 228 KiB, 12.0 has 100). Those
    older than 8.0 have less than any of these, those without TMA less than any that has it.
    """

    def likeness(name: str) -> tuple[bool, int, int, int]:
        own = DEVICES[name]
        is_older = own.capability <= capability
        return is_older, own.multiprocessor.shared, own.capability, -abs(own.sms - sms)

    fitting = (name for name, own in DEVICES.items() if own.multiprocessor.shared <= shared)
    return max(fitting, key=likeness, default=None)


@dataclass(frozen=True)
class Target:
    """What a network is to be fast at: a device, how numbers are stored, images at a time.

    `Target.of("h200", batch=32)` takes the device by its name.
    """

    device: Device = DEVICES["h100"]
    precision: Precision = "float16"
    batch: int = 1

    def __post_init__(self) -> None:
        """`NetError` for a precision or a batch that is none; TypeError for a device that is."""
        if not isinstance(self.device, Device):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{self.device!r} is no Device: Target.of takes one by its name")
        _require_known("precision", self.precision, PRECISIONS)
        require_batch(self.batch)

    def __str__(self) -> str:
        return f"{self.device.name}, {self.precision}, batch {self.batch}"

    @classmethod
    def of(
        cls, device: str | None = None, precision: str | None = None, batch: int | None = None
    ) -> Target:
        """The target of these names, or what is usual: one image in float16 on an H100.

        `device` is one of `netlang.device.DEVICES`. `NetError` where there is no such device or
        precision, or the batch is none.
        """
        return cls().but(device, precision, batch)

    def but(
        self, device: str | None = None, precision: str | None = None, batch: int | None = None
    ) -> Target:
        """This target with what is given in place of its own; `NetError` as `of` raises it."""
        given = {
            "device": None if device is None else _named(device),
            "precision": precision,
            "batch": batch,
        }
        wanted: dict[str, Any] = {part: own for part, own in given.items() if own is not None}
        return replace(self, **wanted)


def _named(device: str) -> Device:
    _require_known("device", device, DEVICES)
    return DEVICES[device]


def _require_known(what: str, name: object, names: Collection[str]) -> None:
    if not isinstance(name, str) or name not in names:
        raise error(f"there is no {what} '{name}'", help=near_or_all(str(name), names))


def require_batch(batch: int) -> None:
    """`NetError` for a batch that is none."""
    is_count = isinstance(batch, Integral) and batch is not True
    if not (is_count and 1 <= batch <= MOST):
        shown = f"{batch:,}" if is_count else repr(batch)
        raise error(f"a batch of {shown} images is none", help=f"it has 1 to {MOST:,}, such as 32")


USUAL = Target()
"""One image at a time in float16 on an H100."""


@dataclass(frozen=True)
class Multiprocessor:
    """What programs share that run on one multiprocessor at a time.

    `shared` is bytes of shared memory, `threads` and `programs` are how many there may be.
    """

    shared: int
    threads: int = 2048
    programs: int = 32
    registers: int = 65536

    def resident(self, registers: int, shared: int, warps: int) -> int:
        """How many programs fit, each with so many registers a thread and bytes of shared memory.

        Registers are given to a warp in units of 256, to four warps at a time, because each quarter
        of a multiprocessor has its own; shared memory in units of 128 bytes. 0: it cannot run.
        """
        a_warp = 32 * rounded_up(registers, 8)
        by_registers = self.registers // 4 // a_warp * 4 // warps
        by_shared = self.shared // rounded_up(shared + RESERVED, 128)
        return min(by_registers, by_shared, self.threads // (32 * warps), self.programs)


RESERVED = 1024
"""Bytes of shared memory that the system takes of each program's."""

# CUDA C++ Programming Guide, "Technical Specifications per Compute Capability"; the units are those
# of CUDA's occupancy calculator.
MULTIPROCESSORS = {
    80: Multiprocessor(164 << 10),
    89: Multiprocessor(100 << 10, threads=1536, programs=24),
    90: Multiprocessor(228 << 10),
    100: Multiprocessor(228 << 10),
}
"""By compute capability: 90 is 9.0."""
