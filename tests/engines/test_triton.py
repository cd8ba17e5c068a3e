"""netlang's kernels as an engine: in Triton's interpreter, which is chosen as Triton is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
