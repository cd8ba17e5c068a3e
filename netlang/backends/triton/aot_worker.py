"""The process behind `aot.compile_kernels`: requests on stdin, one answer each on stdout, pickled.

Its arguments are a kernels file and the number of a compute capability. An answer is a `Compiled`,
or the text of what went wrong; when there are no more requests the process ends.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from netlang.backends.triton.aot import Compiled, Request

DEPENDENT = "DEPENDENT"
"""The parameter of a kernel that says whether it may start before the one ahead of it has ended."""

MULTIPLE = ":16"


def compile_one(module: Any, request: Request, capability: int) -> Compiled:
    """Compiles one function of a kernels module."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    function = getattr(module, request.function)
    constants = dict(request.constants)
    if DEPENDENT in function.arg_names:
        constants[DEPENDENT] = capability >= 90
    arguments = [name for name in function.arg_names if name not in constants]
    types = dict(zip(arguments, request.parameters, strict=True))
    aligned = {
        (function.arg_names.index(name),): [["tt.divisibility", 16]]
        for name, type in types.items()
        if type.startswith("*") or type.endswith(MULTIPLE)
    }
    signature = {
        name: types[name].removesuffix(MULTIPLE) if name in types else "constexpr"
        for name in function.arg_names
    }
    source = ASTSource(function, signature, constants, aligned)
    options = {"num_warps": request.warps, "num_stages": request.stages}
    kernel = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    cubin: bytes = kernel.asm["cubin"]
    usage = resources(cubin)
    return Compiled(
        request.function,
        usage["REG"],
        # Either holds them, by the version of the assembler; our text has no arrays of its own.
        max(usage["STACK"], usage["LOCAL"]),
        kernel.metadata.shared,
        kernel.asm["ptx"],
        cubin,
    )


def resources(cubin: bytes) -> dict[str, int]:
    """A cubin's use of registers, stack, local memory by the disassembler's names."""
    from triton import knobs

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kernel.cubin"
        path.write_bytes(cubin)
        command = [knobs.nvidia.cuobjdump.path, "--dump-resource-usage", str(path)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in re.findall(r"(\w+):(\d+)", text)}


def load(path: Path) -> Any:
    """The module at a path."""
    spec = importlib.util.spec_from_file_location("kernels", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Answers the requests on stdin."""
    # Compilers print; only answers may reach the pipe.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    path, capability = sys.argv[1:]
    module = load(Path(path))
    for request in requests():
        try:
            answer: Compiled | str = compile_one(module, request, int(capability))
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        pickle.dump(answer, answers)
        answers.flush()


def requests() -> Iterator[Request]:
    """Those on stdin, until it is closed."""
    with suppress(EOFError):
        while True:
            yield pickle.load(sys.stdin.buffer)


if __name__ == "__main__":
    main()
