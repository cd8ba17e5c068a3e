"""What a start costs: `netlang run` with all in its cache, beside what OpenVINO alone takes.

    python -m benchmarks.start [--runs 15]

Both are whole processes that end behind one call of the same compiled model, and they take turns.
OpenVINO's imports itself and reads the model: it knows of no network's text, image or report. The
times go to benchmarks/results/start.json, and from there into a table of docs/running.md.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.compile_time import milliseconds, process
from benchmarks.cpu import NETWORKS, PAGE, RESULTS, timed
from benchmarks.markdown import fill, table
from netlang.bench import Answer, describe
from netlang.engines.cache import CHECKSUM
from netlang.ground.files import write_whole

STARTS = RESULTS.with_name("start.json")

OURS, ALONE = "netlang run", "OpenVINO alone"

LOAD = f"""
import sys
import numpy as np
import openvino
blob = np.memmap(sys.argv[1], "uint8", "c")[:-{CHECKSUM}]
model = openvino.Core().import_model(openvino.Tensor(blob, shared_memory=True), "CPU", {{}})
model.create_infer_request().infer([np.zeros(model.inputs[0].shape, "float32")])
"""

Times = Mapping[str, Mapping[str, Sequence[float]]]
"""Milliseconds of each run, by network and by what was run."""


def measure(network: str, runs: int) -> dict[str, list[float]]:
    """The times of both on a photograph made of noise; the first run, which compiles, has none."""
    with TemporaryDirectory() as folder:
        image = Path(folder) / "image.jpg"
        noise = np.random.default_rng(0).integers(0, 256, (375, 500, 3), "uint8")
        Image.fromarray(noise).save(image)
        line = "-m", "netlang", "run", network, str(image), "--engine", "openvino"
        ours = process(*line, XDG_CACHE_HOME=folder)
        ours()
        (blob,) = Path(folder).rglob("*.blob")
        return milliseconds({OURS: ours, ALONE: process("-c", LOAD, str(blob))}, runs)


def starts(times: Times) -> Iterator[str]:
    """A row a network: both times, and how many times as long ours takes, run by run."""

    def cells(network: str) -> Iterator[str]:
        ours, alone = (
            Answer(seconds=[time / 1e3 for time in times[network][name]]) for name in (OURS, ALONE)
        )
        yield from (network, timed(ours), timed(alone), f"{ours.ratio(alone):.2f}")

    yield from table(("", f"`{OURS}`", ALONE, "ratio"), map(cells, times))


TABLES: dict[str, Callable[[Times], Iterator[str]]] = {"starts": starts}


def main() -> None:
    """Measures all, then writes the file and the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    times: dict[str, dict[str, list[float]]] = {}
    for network in NETWORKS:
        times[network] = measure(network, runs)
        print(network, flush=True)
    record: dict[str, Any] = describe({}) | {"results": times}
    write_whole(STARTS, (json.dumps(record, indent=1) + "\n").encode())
    fill(PAGE, TABLES, times)


if __name__ == "__main__":
    main()
