"""What the machine code of compiled kernels does, from its disassembly.

A disassembler takes a third of a second to start, as long as a kernel takes to compile. So the code
of all kernels is one binary for it, and comes back cut at the addresses where each begins.
"""

from __future__ import annotations

import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path

from netlang.backends.triton.aot import Compiled

MATRIX = {
    "mma.sync": re.compile(r"[HIBDQ]MMA"),
    "wgmma": re.compile(r"[HIBQ]GMMA"),
    "tcgen05": re.compile(r"UTC\w*MMA"),
}
"""The machine's names of what PTX calls matrix instructions: of Ampere, Hopper and Blackwell."""

BYTES = 16
"""Those of an instruction, on all GPUs that Triton compiles for."""

LINE = re.compile(r"/\*([0-9a-f]{4,})\*/\s+(?:@\S+\s+)?([A-Z]\w*)[\w.]*\s*([^;]*?)\s*;")


@dataclass(frozen=True)
class Instruction:
    """An instruction: its address in bytes, its name without modifiers, its operands."""

    address: int
    name: str
    operands: str

    @property
    def is_matrix(self) -> bool:
        """Whether tensor cores carry it out."""
        return any(kind.fullmatch(self.name) for kind in MATRIX.values())

    @property
    def starts_a_sum(self) -> bool:
        """Whether a product is added to nothing: the register of zeros is an operand."""
        return bool(re.search(r"\bRZ\b", self.operands))

    @property
    def target(self) -> int | None:
        """Where a branch goes to."""
        address = re.search(r"0x([0-9a-f]+)$", self.operands) if self.name == "BRA" else None
        return int(address[1], 16) if address else None


Stretch = tuple[Instruction, ...]
"""Instructions that follow one another."""


@dataclass(frozen=True)
class Code:
    """The machine code of a kernel."""

    instructions: Stretch

    def count(self, *names: str) -> int:
        """How many instructions have one of these names."""
        return sum(each.name in names for each in self.instructions)

    def products(self, kind: str) -> int:
        """How many matrix instructions are `mma.sync`, `wgmma` or `tcgen05`."""
        return sum(bool(MATRIX[kind].fullmatch(each.name)) for each in self.instructions)

    @property
    def products_from_registers(self) -> int:
        """How many wgmma take the left factor from registers; the others do from shared memory."""
        return sum(
            bool(MATRIX["wgmma"].fullmatch(each.name) and re.match(r"R\d+, R", each.operands))
            for each in self.instructions
        )

    @property
    def blocking_loads(self) -> int:
        """How many loads from global memory a main loop has that it stops for, in all of them.

        Where a loop is unrolled those of the epilogue begin among its last products. What has to
        arrive before a product goes through shared memory, so they come behind all stores there.
        """
        return sum(map(_loads, self._loops or map(_up_to_stores, self._unrolled)))

    @property
    def main_loops(self) -> tuple[Stretch, ...]:
        """The loops that multiply matrices and have no loop within.

        Where all of them are unrolled they are the stretches from the first product of a sum to the
        last.
        """
        return self._loops or self._unrolled

    @property
    def _loops(self) -> tuple[Stretch, ...]:
        return tuple(filter(_multiplies, self._inner_loops()))

    @property
    def _unrolled(self) -> tuple[Stretch, ...]:
        products = [(i, each) for i, each in enumerate(self.instructions) if each.is_matrix]
        starts = [n for n, (_, each) in enumerate(products) if each.starts_a_sum or n == 0]
        return tuple(
            self.instructions[products[start][0] : products[end - 1][0] + 1]
            for start, end in pairwise([*starts, len(products)])
            if start < end
        )

    def _inner_loops(self) -> Iterator[Stretch]:
        start = self.instructions[0].address
        ends = ((each.target, each.address) for each in self.instructions)
        loops = [(first, last) for first, last in ends if first is not None and first <= last]
        for first, last in loops:
            within = (first <= a and b <= last for a, b in loops if (a, b) != (first, last))
            if not any(within):
                yield self.instructions[(first - start) // BYTES : (last - start) // BYTES + 1]


def _multiplies(stretch: Stretch) -> bool:
    return any(each.is_matrix for each in stretch)


def _loads(stretch: Stretch) -> int:
    return Code(stretch).count("LDG")


def _up_to_stores(stretch: Stretch) -> Stretch:
    """A stretch up to the last store to shared memory."""
    stores = [i for i, each in enumerate(stretch) if each.name == "STS"]
    return stretch[: stores[-1]] if stores else ()


def inspect(kernels: Sequence[Compiled], capability: int) -> list[Code]:
    """The machine code of kernels that were compiled for sm_`capability`, in order."""
    if not kernels:
        return []
    texts = [machine_code(kernel.cubin) for kernel in kernels]
    instructions = _disassembled(b"".join(texts), capability)
    starts = accumulate((len(text) // BYTES for text in texts), initial=0)
    return [Code(tuple(instructions[start:end])) for start, end in pairwise(starts)]


def machine_code(cubin: bytes) -> bytes:
    """The section of a cubin, which is an ELF file of 64 bits, that is its kernel's code."""
    (table,) = struct.unpack_from("<Q", cubin, 0x28)
    size, number, names = struct.unpack_from("<HHH", cubin, 0x3A)
    # Of a section's header: where its name is among the names, its offset, its size.
    sections = [struct.unpack_from("<I20xQQ", cubin, table + i * size) for i in range(number)]
    for name, offset, length in sections:
        if cubin.startswith(b".text.", sections[names][1] + name):
            return cubin[offset : offset + length]
    raise ValueError("a cubin without code")


def _disassembled(code: bytes, capability: int) -> list[Instruction]:
    from triton import knobs

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "code"
        path.write_bytes(code)
        # From Hopper on Triton compiles for one chip, with what no later one need have.
        arch = f"SM{capability}{'a' * (capability >= 90)}"
        command = [knobs.nvidia.nvdisasm.path, "--no-dataflow", "--binary", arch, str(path)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [Instruction(int(address, 16), *rest) for address, *rest in LINE.findall(text)]
