"""Compiling kernels ahead of time, on a machine that needs no GPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Request:
    """A function of a kernels file, the types of its parameters, and how it is to be launched.

    `parameters` are Triton's type names in order (`*fp16`, `*fp32`, `i32`); `constants` the values
    of `tl.constexpr` parameters, by name.
    """

    function: str
    parameters: tuple[str, ...]
    constants: Mapping[str, int] = field(default_factory=dict[str, int])
    warps: int = 4
    stages: int = 1


@dataclass(frozen=True)
class Compiled:
    """What the assembler said about a kernel; `spills` and `shared` are bytes."""

    name: str
    registers: int
    spills: int
    shared: int
    ptx: str
    cubin: bytes


def compile_kernels(
    path: Path,
    requests: Sequence[Request],
    capability: int,
    jobs: int = 2,
    progress: Callable[[Compiled], None] = lambda compiled: None,
) -> list[Compiled]:
    """Compiles functions of the file at `path` for sm_`capability` (80, 90, 100), in order.

    `progress` is called once a kernel, as it is done.
    """
    raise NotImplementedError
