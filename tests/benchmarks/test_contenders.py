"""The contenders themselves, as far as a CPU takes them: their numbers, and what a row asks."""

import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
import torch

from benchmarks.gpu.case import Case, compiled
from benchmarks.gpu.contenders import NETLANG, PEERS, make
from benchmarks.gpu.remote import Remote
from benchmarks.gpu.steps import Steps
from benchmarks.gpu.with_torch import Eager
from netlang.compiler.checks import OF_ENGINES
from netlang.ground.accuracy import relative_error
from netlang.ops.norm import BatchNorm

TINY = """
net tiny {
  input 3x8x8
  conv 3x3, 16, bias=off -> bn -> relu
  avgpool global -> linear 5 -> softmax
}
"""

# What a machine with a GPU may lack; the first four draw, and read and write files of weights.
BLOCKED = ("resvg_py", "wasmtime", "PIL", "graphviz", "safetensors", "font_source_sans_pro", "jax")

PROBE = f"""
import sys
for name in {BLOCKED}:
    sys.modules[name] = None
from benchmarks.gpu.__main__ import main
from benchmarks.gpu import layers, with_torch
from benchmarks.gpu.case import Case
import netlang, tempfile
with tempfile.TemporaryDirectory() as folder:
    netlang.compile(Case("resnet20", 2).graph, folder)
try:
    main([])
except SystemExit as end:
    print(end)
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Case:
    file = tmp_path / "tiny.net"
    file.write_text(TINY)
    return Case(str(file), 5, "float32")


def test_what_each_gets(tiny: Case) -> None:
    for graph in (tiny.graph, tiny.folded, compiled(tiny).optimized.graph):
        assert graph[graph.output].op.name == "linear"
        assert "softmax" not in str(graph[graph.output].op)
    assert tiny.expected().shape == (5, 5)
    assert not any(isinstance(node.op, BatchNorm) for node in tiny.folded)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_eager(dtype: str, tiny: Case) -> None:
    case = Case(tiny.network, 6, dtype)  # pyright: ignore[reportArgumentType]
    eager = Eager()
    assert eager.prepare(case) > 0
    assert relative_error(eager.output(), case.expected()) < OF_ENGINES[case.dtype]
    assert eager.seconds(3) > 0
    assert len(eager.calls(4)) == 4
    assert eager.memory() == 0  # of a GPU
    (x,) = eager.step.args
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert x.dtype == getattr(torch, dtype)


def test_netlang_in_the_interpreter(tiny: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    remote = Remote(partial(make, NETLANG), limit=60, deadline=monotonic() + 100)
    try:
        assert remote.prepare(tiny) > 0
        assert relative_error(remote.output(), tiny.expected()) < OF_ENGINES["float32"]
        assert remote.seconds(1) > 0
        assert len(remote.calls(1)) == 1
    finally:
        remote.close()


def test_a_step_is_repeated() -> None:
    done: list[int] = []

    def step() -> torch.Tensor:
        done.append(1)
        return torch.zeros(1)

    steps = Steps(step)
    steps.seconds(7)
    assert len(done) == 8
    assert len(steps.each(3)) == 3
    assert len(done) == 12  # one of them is not counted


def test_every_peer_can_be_made() -> None:
    for name in (NETLANG, *PEERS, "netlang's layers", "torch's layers"):
        if name != "jax":
            assert make(name)


def test_it_runs_without_what_a_gpu_machine_may_lack() -> None:
    line = [sys.executable, "-c", PROBE]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    run = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    assert "torch finds no CUDA device" in run.stdout, run.stderr
