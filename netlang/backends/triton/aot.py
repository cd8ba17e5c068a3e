"""Compiling kernels ahead of time: a machine that needs no GPU says what the assembler made.

Compilers run in processes of their own (`aot_worker`), several at a time and free of whatever this
process has imported or chosen, Triton's interpreter included.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from netlang.kernels import Kernel
from netlang.kernels.kernel import Parameter

TYPES = {"float32": "*fp32", "float16": "*fp16", "bfloat16": "*bf16", "int32": "*i32"}


@dataclass(frozen=True)
class Request:
    """A function of a kernels file, the types of its parameters, and how it is to be launched.

    `parameters` are Triton's type names in order (`*fp16`, `*fp32`, `i32`); pointers are taken to
    be aligned to 16 bytes. `constants` are the values of `tl.constexpr` parameters, by name.
    """

    function: str
    parameters: tuple[str, ...]
    constants: Mapping[str, int] = field(default_factory=dict[str, int])
    warps: int = 4
    stages: int = 1

    @classmethod
    def of(cls, kernel: Kernel, function: str) -> Request:
        """The request for a kernel whose text was written under the name `function`."""
        types = (*map(_type, kernel.parameters), "i32")
        return cls(function, types, warps=kernel.warps, stages=kernel.stages)


@dataclass(frozen=True)
class Compiled:
    """What the assembler said about a kernel.

    `registers` a thread; `spills`, the bytes a thread keeps in local memory for want of registers
    (zero in a good kernel); `shared` bytes a program.
    """

    name: str
    registers: int
    spills: int
    shared: int
    ptx: str
    cubin: bytes


def _type(parameter: Parameter) -> str:
    """Triton's name of a parameter's type."""
    type, descriptor = TYPES[parameter.dtype], parameter.descriptor
    return f"tensordesc<{type.lstrip('*')}{list(descriptor.block)}>" if descriptor else type


class CompileError(Exception):
    """Triton or its assembler refused a kernel: a bug in the text, not in a user's network."""


def compile_kernels(
    path: Path,
    requests: Sequence[Request],
    capability: int,
    jobs: int = 2,
    progress: Callable[[Compiled], None] = lambda compiled: None,
) -> list[Compiled]:
    """Compiles functions of the file at `path` for sm_`capability` (80, 90, 100), in order.

    `progress` is called once a kernel as soon as it is done, from any thread. Raises
    `CompileError`.
    """
    results: dict[int, Compiled] = {}

    def work(part: range) -> None:
        answers = _worker(path, [requests[i] for i in part], capability)
        for i, compiled in zip(part, answers, strict=True):
            results[i] = compiled
            progress(compiled)

    # Neighbours in a network have similar kernels: dealing them out evens the work.
    jobs = min(jobs, len(requests))
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        list(pool.map(work, [range(job, len(requests), jobs) for job in range(jobs)]))
    return [results[i] for i in range(len(requests))]


def _worker(path: Path, requests: Sequence[Request], capability: int) -> Iterator[Compiled]:
    """Runs one process over requests, yielding its answers as they come."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment.pop("TRITON_INTERPRET", None)
    command = [sys.executable, "-m", "netlang.backends.triton.aot_worker"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        pickle.dump((path, list(requests), capability), process.stdin)
        process.stdin.close()
        for request in requests:
            try:
                answer: Compiled | str = pickle.load(process.stdout)
            except EOFError:
                answer = "the compiler died"
            if isinstance(answer, str):
                raise CompileError(f"{request.function} for sm_{capability}: {answer}")
            yield answer
