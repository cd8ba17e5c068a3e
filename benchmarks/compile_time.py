"""How long netlang takes from text to a graph and to kernels, beside what torch takes.

    python -m benchmarks.compile_time [--runs 7] [--compiles 1] [--save]

Everything is measured in this one run: in-process times with the syntax tables warm, commands as
whole processes, and torch.export of the same network as an `nn.Module` (which starts from a network
in memory, not from text). Kernels are assembled for an H100, on all cores; torch.compile, which
needs the GPU that it compiles for, compiles for this CPU, up to its first answer. A cold compiler
finds none of what it made before. `--save` writes benchmarks/results/compile_time.json, and from
there the table of docs/optimizer.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.markdown import fill, table
from netlang.engines.cpu import machine
from netlang.ground.files import write_whole
from netlang.ground.units import si
from netlang.lower import load
from netlang.passes import optimize

HERE = Path(__file__).parent
RESULTS = HERE / "results/compile_time.json"
PAGE = HERE.parent / "docs/optimizer.md"


def milliseconds(
    actions: dict[str, Callable[[], object]], runs: int, uncounted: int = 1
) -> dict[str, list[float]]:
    """The times of each action, after those that are not counted.

    They take turns, so that a machine that is busy for a while is so for all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(uncounted + runs):
        for name, action in actions.items():
            start = perf_counter()
            action()
            times[name].append(1e3 * (perf_counter() - start))
    return {name: counted[uncounted:] for name, counted in times.items()}


def text_to_graph(network: str) -> Callable[[], object]:
    """Parse, lower, optimize and verify."""
    return lambda: optimize(load(network))


def process(*arguments: str, **environment: str) -> Callable[[], object]:
    """A whole process of Python, with these variables in its environment."""
    line, variables = [sys.executable, *arguments], os.environ | environment
    return lambda: subprocess.run(line, check=True, capture_output=True, env=variables)


def command(*arguments: str) -> Callable[[], object]:
    """A whole process of netlang."""
    return process("-m", "netlang", *arguments)


def cold(*arguments: str) -> Callable[[], object]:
    """A whole process of Python, which finds nothing that it has compiled before."""

    def run() -> None:
        with TemporaryDirectory() as folder:
            process(*arguments, TRITON_CACHE_DIR=folder, TORCHINDUCTOR_CACHE_DIR=folder)()

    return run


def torch_compile(network: str) -> None:
    """torch.compile of a network, up to its first answer."""
    import torch

    from netlang.backends.torch import to_module

    graph = load(network)
    module = torch.compile(to_module(graph).eval())
    with torch.inference_mode():
        module(torch.randn(1, *graph.inputs[0].type.shape))


def torch_export(network: str) -> Callable[[], object]:
    """torch.export of the same network, from an `nn.Module`."""
    import torch

    from netlang.backends.torch import to_module

    graph = load(network)
    module = to_module(graph).eval()
    example = (torch.randn(1, *graph.inputs[0].type.shape),)
    return lambda: torch.export.export(module, example)


ASSEMBLE = "compile", "resnet152", "--target", "sm_90"


def measure(runs: int, compiles: int) -> dict[str, list[float]]:
    """Every figure, each in milliseconds of each run; of cold compilers there are fewer."""
    actions = {
        "resnet152, text to optimized graph": text_to_graph("resnet152"),
        "netlang check resnet152, as a command": command("check", "resnet152"),
        "resnet110, text to optimized graph": text_to_graph("resnet110"),
        "resnet1202, text to optimized graph": text_to_graph("resnet1202"),
        "netlang check resnet1202, as a command": command("check", "resnet1202"),
        "resnet152, torch.export": torch_export("resnet152"),
        "resnet152, text to kernels, warm": command(*ASSEMBLE),
    }
    compilers = {
        "resnet152, text to kernels, cold": cold("-m", "netlang", *ASSEMBLE),
        "resnet152, torch.compile, cold": cold(
            "-c", "from benchmarks.compile_time import torch_compile; torch_compile('resnet152')"
        ),
    }
    return milliseconds(actions, runs) | milliseconds(compilers, compiles, uncounted=0)


def report(figures: dict[str, list[float]]) -> str:
    """The figures as a table, and the ratios that matter."""
    lines = [f"{'milliseconds':44}{'min':>9}{'median':>9}{'max':>9}"]
    for name, times in figures.items():
        lines.append(f"{name:44}{min(times):9.1f}{median(times):9.1f}{max(times):9.1f}")

    def ratio(slow: str, fast: str) -> float:
        return median(figures[slow]) / median(figures[fast])

    graph = "text to optimized graph"
    layers = ratio(f"resnet1202, {graph}", f"resnet110, {graph}")
    export = ratio("resnet152, torch.export", f"resnet152, {graph}")
    kernels = ratio("resnet152, torch.compile, cold", "resnet152, text to kernels, cold")
    lines.append(f"1202 layers take {layers:.1f} x the time of 110 (near-linear: 11)")
    lines.append(f"torch.export takes {export:.0f} x the time of text to optimized graph")
    lines.append(f"torch.compile takes {kernels:.1f} x the time of text to kernels")
    return "\n".join(lines)


def times(figures: dict[str, list[float]]) -> Iterator[str]:
    """A row a figure: the median, and how far its runs reach."""

    def cells(name: str) -> Iterator[str]:
        yield name
        yield from (si(f(figures[name]) / 1e3, "s") for f in (median, min, max))
        yield str(len(figures[name]))

    yield from table(("", "median", "least", "most", "runs"), map(cells, figures))


TABLES: dict[str, Callable[[dict[str, list[float]]], Iterator[str]]] = {"times": times}


def main() -> None:
    """Measures, prints, and writes the JSON and the table if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--compiles", type=int, default=1, help="runs of cold compilers (1)")
    parser.add_argument("--save", action="store_true", help="in results and in docs/optimizer.md")
    args = parser.parse_args()
    figures = measure(args.runs, args.compiles)
    print(report(figures))
    if args.save:
        record: dict[str, Any] = {
            "date": date.today().isoformat(),
            "machine": machine(),
            "versions": {p: version(p) for p in ("netlang", "torch", "triton")},
            "milliseconds": figures,
        }
        write_whole(RESULTS, json.dumps(record, indent=2).encode())
        fill(PAGE, TABLES, figures)


if __name__ == "__main__":
    main()
