"""What is read from machine code: of texts that are made to have it, and of the zoo's kernels."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kernels import results, union
from benchmarks.machine_code import Code, Instruction, inspect
from benchmarks.rules import broken_rules
from netlang.backends.triton.aot import Compiled, Request, compile_kernels
from netlang.device import MULTIPROCESSORS
from netlang.kernels import Conv, Kernel, Linear, Tile, Together, dense
from netlang.kernels.kernel import Descriptor, Parameter
from tests.kernels.launch import HEADER

PRODUCT = """@triton.jit
def {name}(x, w, y, batch):
    m, n, k = tl.arange(0, {m})[:, None], tl.arange(0, 64)[None, :], tl.arange(0, 64)
    v = tl.zeros(({m}, 64), tl.float32)
    for step in {steps}:
        a = {a}
        b = {b}
        v = tl.dot(a, b, v)
    tl.store(y + m * 64 + n, v.to(tl.float16))
"""

USUAL = {
    "m": "64",
    "steps": "range(0, batch)",
    "a": "tl.load(x + (step * 64 + m) * 64 + k[None, :])",
    "b": "tl.load(w + (step * 64 + k[:, None]) * 64 + n)",
    "pointer": "*fp16",
    "stages": "3",
}

TEXTS: dict[str, dict[str, str]] = {
    "usual": USUAL,
    "waiting": USUAL | {"stages": "1"},
    "unrolled": USUAL | {"steps": "tl.static_range(4)"},
    "from registers": USUAL | {"a": f"tl.maximum({USUAL['a']}, 0.0).to(tl.float16)"},
    "narrow": USUAL | {"m": "16"},
    "described": USUAL
    | {"a": "x.load([step * 64, 0])", "b": "w.load([step * 64, 0])"}
    | {"pointer": "tensordesc<fp16[64, 64]>"},
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Compiled]:
    path = tmp_path_factory.mktemp("texts") / "kernels.py"
    names = {case: case.replace(" ", "_") for case in TEXTS}
    texts = (PRODUCT.format(name=names[case], **text) for case, text in TEXTS.items())
    path.write_text(HEADER + "\n\n".join(texts))
    requests = [
        Request(names[case], (*(text["pointer"],) * 2, "*fp16", "i32"), stages=int(text["stages"]))
        for case, text in TEXTS.items()
    ]
    return dict(zip(TEXTS, compile_kernels(path, requests, 90), strict=True))


@pytest.fixture(scope="module")
def codes(compiled: dict[str, Compiled]) -> dict[str, Code]:
    return dict(zip(compiled, inspect(list(compiled.values()), 90), strict=True))


def test_the_code_is_that_of_the_disassembled_file(
    compiled: dict[str, Compiled], codes: dict[str, Code], tmp_path: Path
) -> None:
    from triton import knobs

    for case in ("waiting", "described"):
        path = tmp_path / "kernel.cubin"
        path.write_bytes(compiled[case].cubin)
        command = [knobs.nvidia.nvdisasm.path, "--print-code", str(path)]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        names = re.findall(r"\*/ +(?:@\S+ +)?([A-Z0-9]+)", text)
        assert [each.name for each in codes[case].instructions] == names


def test_which_matrix_instructions(codes: dict[str, Code]) -> None:
    wgmma = {case for case, code in codes.items() if code.products("wgmma")}
    assert wgmma == TEXTS.keys() - {"narrow"}
    assert {case for case, code in codes.items() if code.products("mma.sync")} == {"narrow"}
    assert {case for case, code in codes.items() if code.products_from_registers} == {
        "from registers"
    }


def test_how_blocks_are_loaded(codes: dict[str, Code]) -> None:
    assert {case for case, code in codes.items() if code.count("UTMALDG")} == {"described"}
    copies = {case for case, code in codes.items() if code.count("LDGSTS")}
    assert copies == {"usual", "from registers", "narrow"}


def test_what_a_main_loop_stops_for(codes: dict[str, Code]) -> None:
    waiting = {case for case, code in codes.items() if code.blocking_loads}
    assert waiting == {"waiting", "unrolled"}
    assert all(code.main_loops for code in codes.values())
    assert not any(each.name == "BRA" for each in codes["unrolled"].main_loops[0])


def code(*lines: str) -> Code:
    """Instructions from their texts."""
    parts = (line.partition(" ") for line in lines)
    return Code(tuple(Instruction(16 * i, name, rest) for i, (name, _, rest) in enumerate(parts)))


LOOP = ("HGMMA R24, gdesc[UR4], R24", "LDGSTS [R1]")


def test_main_loops() -> None:
    outer = code("LDG R1", *LOOP, "BRA 0x10", "LDG R2", "BRA 0x0", "BRA 0x60")
    assert [len(loop) for loop in outer.main_loops] == [3]
    assert outer.blocking_loads == 0
    assert code("LDG R1", *LOOP, "LDG R1", "BRA P0, 0x10").blocking_loads == 1
    # Two sums, each unrolled: what lies between them is no main loop.
    first, more = "HGMMA R24, gdesc[UR4], RZ", "HGMMA R24, gdesc[UR4], R24"
    apart = code(first, "LDGSTS [R1]", more, "LDG R2", first, "LDG R3", "STS [R1]", "LDG R4", more)
    assert [len(loop) for loop in apart.main_loops] == [3, 5]
    assert apart.blocking_loads == 1
    assert code("LDG R1", "BRA 0x0").main_loops == ()


# --------------------------------------------------------------------- rules

CONV = Conv(
    x=dense(64, 8, 8),
    y=dense(64, 8, 8),
    kernel=(3, 3),
    pad=(1, 1),
    precision="float16",
    tile=Tile(64, 64, 64, stages=3),
)
SMALL = replace(CONV, tile=Tile(16, 64, 64, stages=3))
STEM = replace(CONV, x=dense(3, 8, 8))
GOOD = Compiled("conv", registers=128, spills=0, shared=49152, ptx="", cubin=b"")
WAITING = ("HGMMA R24, gdesc[UR4], R24", "LDG R1", "LDGSTS [R1]", "BRA 0x0")


class Described(Conv):
    """A convolution that reads through a descriptor."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        x, *others = super().parameters
        extent = ((64, 0), (64, 1))
        return replace(x, descriptor=Descriptor(extent, extent, (64, 64))), *others


DESCRIBED = Described(**{name: getattr(CONV, name) for name in vars(CONV)})


@pytest.mark.parametrize(
    ("kernel", "compiled", "lines", "broken"),
    [
        (CONV, {}, LOOP, ""),
        (CONV, {}, LOOP[1:], "no wgmma"),
        (CONV, {}, (*LOOP, "HMMA R1"), "mma.sync beside wgmma"),
        (SMALL, {}, ("HMMA R1", "LDGSTS [R1]"), ""),
        (CONV, {}, LOOP[:1], "no asynchronous copies"),
        (DESCRIBED, {}, LOOP, "no TMA"),
        (DESCRIBED, {}, (*LOOP, "UTMALDG [UR4]"), ""),
        (CONV, {}, WAITING, "1 loads that the main loop stops for"),
        (Together((CONV, CONV)), {}, WAITING, "1 loads that the main loop stops for"),
        (STEM, {}, WAITING, ""),
        (replace(CONV, precision="float32"), {}, (), ""),
        (Linear(x=dense(64), y=dense(64), precision="float16"), {}, (), ""),
        (CONV, {"spills": 8}, LOOP, "8 bytes a thread are spilled"),
        (CONV, {}, (*LOOP, "STL [R1]"), "0 bytes a thread are spilled"),
        (CONV, {"shared": 228 << 10}, LOOP, "too large to run"),
    ],
)
def test_rules(kernel: Kernel, compiled: Any, lines: tuple[str, ...], broken: str) -> None:
    found = list(broken_rules(kernel, replace(GOOD, **compiled), code(*lines), 90))
    assert len(found) == bool(broken)
    assert not broken or found[0].startswith(broken)


def test_rules_of_ampere() -> None:
    ampere = code("HMMA R1", "LDG R1", "LDGSTS [R1]", "BRA 0x0")
    assert not list(broken_rules(CONV, GOOD, ampere, 80))
    assert list(broken_rules(CONV, replace(GOOD, shared=164 << 10), ampere, 80))


@pytest.mark.parametrize(
    ("network", "batch"), [("resnet18", 1), ("googlenet", 32), ("resnet50", 256)]
)
def test_kernels_of_the_zoo_break_no_rule(network: str, batch: int) -> None:
    found = list(results(union([network], batch, "float16", "sm_90"), "sm_90"))
    assert {result.function.name: result.broken for result in found if result.broken} == {}
    assert sum(result.code.products("wgmma") > 0 for result in found) > len(found) / 2


# ----------------------------------------------------------------- occupancy


@pytest.mark.parametrize(
    ("capability", "registers", "shared", "warps", "programs"),
    [
        # As CUDA's occupancy calculator has them.
        (90, 128, 0, 8, 2),
        (90, 64, 0, 4, 8),
        (90, 73, 0, 4, 6),
        (90, 73, 0, 1, 24),
        (90, 168, 0, 4, 3),
        (90, 32, 0, 1, 32),
        (90, 32, 0, 32, 2),
        (90, 32, 100_000, 4, 2),
        (90, 32, 227 << 10, 4, 1),
        (90, 32, (227 << 10) + 1, 4, 0),
        (90, 255, 0, 16, 0),
        (89, 32, 0, 32, 1),
        (80, 32, 81 << 10, 4, 2),
    ],
)
def test_occupancy(capability: int, registers: int, shared: int, warps: int, programs: int) -> None:
    assert MULTIPROCESSORS[capability].resident(registers, shared, warps) == programs
