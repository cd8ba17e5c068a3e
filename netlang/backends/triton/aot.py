"""Compiling kernels ahead of time: a machine that needs no GPU says what the assembler made.

Compilers run in processes of their own (`aot_worker`), several at a time and free of whatever this
process has imported or chosen, Triton's interpreter included.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from netlang.kernels import Kernel, Parameter

TYPES = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "int32": "i32"}


@dataclass(frozen=True)
class Request:
    """A function of a kernels file, the types of its parameters, and how it is to be launched.

    `parameters` are Triton's type names in order (`*fp16`, `*fp32`, `tensordesc<fp16[128, 64]>`,
    `i32`; `i32:16` is a multiple of 16); pointers are taken to be aligned to 16 bytes. `constants`
    are the values of parameters that are known, such as those that are `tl.constexpr`, by name.
    """

    function: str
    parameters: tuple[str, ...]
    constants: Mapping[str, int] = field(default_factory=dict[str, int])
    warps: int = 4
    stages: int = 1

    @classmethod
    def of(cls, kernel: Kernel, function: str, batch: int | None = None) -> Request:
        """The request for a kernel whose text was written under the name `function`.

        With a `batch` it is what Triton compiles when the kernel is launched for so many images: 1
        is a constant of the code, and multiples of 16 are known to be such.
        """
        types = tuple(map(_type, kernel.parameters))
        constants = {"batch": 1} if batch == 1 else {}
        if batch is None or batch % 16:
            types += ("i32",) * (batch != 1)
        else:
            types += ("i32:16",)
        return cls(function, types, constants, kernel.warps, kernel.stages)


def _type(parameter: Parameter) -> str:
    """How Triton writes the type of a parameter."""
    dtype = TYPES[parameter.dtype]
    if parameter.descriptor is None:
        return f"*{dtype}"
    return f"tensordesc<{dtype}[{', '.join(map(str, parameter.descriptor.block))}]>"


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
    waiting = deque(enumerate(requests))

    def work(_: int) -> None:
        with _compiler(path, capability) as compile_one:
            while waiting:
                try:
                    i, request = waiting.popleft()
                except IndexError:  # another has taken the last one
                    return
                try:
                    results[i] = compile_one(request)
                except CompileError:
                    waiting.clear()
                    raise
                progress(results[i])

    jobs = min(jobs, len(requests))
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        list(pool.map(work, range(jobs)))
    return [results[i] for i in range(len(requests))]


@contextmanager
def _compiler(path: Path, capability: int) -> Generator[Callable[[Request], Compiled]]:
    """A process that compiles one function after another."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment.pop("TRITON_INTERPRET", None)
    command = [sys.executable, "-m", "netlang.backends.triton.aot_worker", path, str(capability)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        questions, answers = process.stdin.fileno(), process.stdout

        def compile_one(request: Request) -> Compiled:
            try:
                # Unbuffered: closing a pipe that nobody reads must leave nothing to complain about.
                os.write(questions, pickle.dumps(request))
                answer: Compiled | str = pickle.load(answers)
            except (BrokenPipeError, EOFError):
                answer = "the compiler died"
            if isinstance(answer, str):
                raise CompileError(f"{request.function} for sm_{capability}: {answer}")
            return answer

        yield compile_one
