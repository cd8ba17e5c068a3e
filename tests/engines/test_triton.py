"""netlang's kernels as an engine: in Triton's interpreter, which is chosen as Triton is loaded."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from netlang.device import DEVICES, Target
from netlang.diagnostic import Source
from netlang.engines import fitting, open_engine, triton
from netlang.lower import load
from netlang.tune.store import keep, maker
from netlang.tune.tuning import Timing, Tuning
from netlang.weights import random_weights

PROBE = """
import sys
from pathlib import Path
import numpy as np, netlang
from netlang.diagnostic import Source
from netlang.engines import Made, open_engine
graph = netlang.load(Source("t.net", "net t { input 3x8x8; conv 3x3, 4 -> relu -> linear 3 }"))
x = np.random.default_rng(0).standard_normal((2, 3, 8, 8), dtype="float32")
expected = open_engine(graph, Made(graph), "reference")(x)
def run(cache):
    engine = open_engine(graph, Made(graph), "triton", cache=cache)
    assert abs(engine(x) - expected).max() < 1e-4 * abs(expected).max()
    return engine
for cache in (True, True, False):
    engine = run(cache)
for damaged in ("plan.json", "kernels.py"):
    (path,) = Path(sys.argv[1]).glob(f"netlang/engines/*.artifact/{damaged}")
    path.write_bytes(bytes(path.stat().st_size))
    run(cache=True)
    assert path.read_bytes().strip(bytes(1))
print(engine.description)
"""


def on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **gpu: Any) -> None:
    """This machine with a GPU, as its driver tells of it."""
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setattr(triton, "DRIVERS", (tmp_path,))
    monkeypatch.setattr(triton, "find_spec", lambda name: name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: gpu["name"])
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda: SimpleNamespace(**gpu))


@pytest.mark.parametrize(
    ("name", "capability", "shared", "device"),
    [
        ("NVIDIA H200", (9, 0), 228, "h200"),
        ("NVIDIA H100 PCIe", (9, 0), 228, "h100"),
        ("NVIDIA A10", (8, 6), 100, "l4"),
    ],
)
def test_kernels_are_chosen_for_the_gpu_that_is_there(
    name: str,
    capability: tuple[int, int],
    shared: int,
    device: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    major, minor = capability
    facts = {"shared_memory_per_multiprocessor": shared << 10, "multi_processor_count": 72}
    on(monkeypatch, tmp_path, name=name, major=major, minor=minor, **facts)
    assert triton.missing() == ""
    asked: list[Any] = []
    monkeypatch.setattr("netlang.compiler.compile", lambda *_, **words: asked.append(words))
    monkeypatch.setattr("netlang.runtime.model.Model.load", lambda folder: folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    measured = Tuning(maker(DEVICES[device]), {"a kernel": Timing(1.0, ())})
    keep(measured)
    graph = load(Source("t.net", "net t { input 3x8x8; conv 3x3, 4 }"))
    open_engine(graph, random_weights(graph), "triton", "float16", batch=3)
    (words,) = asked
    assert words["target"] == Target.of(device, "float16", 3)
    assert words["tuning"].timings == measured.timings


def test_a_gpu_may_be_too_old(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    facts = {"shared_memory_per_multiprocessor": 64 << 10, "multi_processor_count": 40}
    on(monkeypatch, tmp_path, name="Tesla T4", major=7, minor=5, **facts)
    assert triton.missing() == "the Tesla T4 is older than compute capability 8.0"
    assert "triton" not in fitting(None)


def test_an_artifact_is_an_engine(tmp_path: Path) -> None:
    pytest.importorskip("triton")
    environment = {**os.environ, "TRITON_INTERPRET": "1", "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROBE, tmp_path],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("on Triton's interpreter, float32\n")
    (folder,) = (tmp_path / "netlang/engines").glob("*.artifact")
    assert (folder / "plan.json").exists()
    assert folder.with_suffix(".lock").exists()
