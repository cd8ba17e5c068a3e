"""How long netlang takes from text to an optimized graph, beside torch.export of the same network.

    python -m benchmarks.compile_time [--runs 7] [--json FILE]

Everything is measured in this one run: in-process times with the syntax tables warm, the command
as a whole process, and torch.export of the same network as an `nn.Module` (which starts from a
network in memory, not from text).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks.machine import machine
from netlang import __version__
from netlang.files import write_whole
from netlang.lower import load
from netlang.passes import optimize


def milliseconds(actions: dict[str, Callable[[], object]], runs: int) -> dict[str, list[float]]:
    """The times of each action, after one that is not counted.

    They take turns, so that a machine that is busy for a while is so for all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(1 + runs):
        for name, action in actions.items():
            start = perf_counter()
            action()
            times[name].append(1e3 * (perf_counter() - start))
    return {name: counted for name, (_, *counted) in times.items()}


def text_to_graph(network: str) -> Callable[[], object]:
    """Parse, lower, optimize and verify."""
    return lambda: optimize(load(network))


def command(*arguments: str) -> Callable[[], object]:
    """A whole process."""
    line = [sys.executable, "-m", "netlang", *arguments]
    return lambda: subprocess.run(line, check=True, capture_output=True)


def torch_export(network: str) -> Callable[[], object]:
    """torch.export of the same network, from an `nn.Module`."""
    import torch

    from netlang.backends.torch import to_module

    graph = load(network)
    module = to_module(graph).eval()
    example = (torch.randn(1, *graph.inputs[0].type.shape),)
    return lambda: torch.export.export(module, example)


def measure(runs: int) -> dict[str, list[float]]:
    """Every figure, each in milliseconds of each run."""
    actions = {
        "resnet152, text to optimized graph": text_to_graph("resnet152"),
        "netlang check resnet152, as a command": command("check", "resnet152"),
        "resnet110, text to optimized graph": text_to_graph("resnet110"),
        "resnet1202, text to optimized graph": text_to_graph("resnet1202"),
        "netlang check resnet1202, as a command": command("check", "resnet1202"),
        "resnet152, torch.export": torch_export("resnet152"),
    }
    return milliseconds(actions, runs)


def report(figures: dict[str, list[float]]) -> str:
    """The figures as a table, and the two ratios that matter."""
    lines = [f"{'milliseconds':44}{'min':>9}{'median':>9}{'max':>9}"]
    for name, times in figures.items():
        lines.append(f"{name:44}{min(times):9.1f}{median(times):9.1f}{max(times):9.1f}")
    small, large, ours, theirs = (
        median(figures[name])
        for name in (
            "resnet110, text to optimized graph",
            "resnet1202, text to optimized graph",
            "resnet152, text to optimized graph",
            "resnet152, torch.export",
        )
    )
    lines.append(f"1202 layers take {large / small:.1f} x the time of 110 (near-linear: 11)")
    lines.append(f"torch.export takes {theirs / ours:.0f} x the time of text to optimized graph")
    return "\n".join(lines)


def main() -> None:
    """Measures, prints, and writes the JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    figures = measure(args.runs)
    print(report(figures))
    if args.json:
        import torch

        record: dict[str, Any] = {
            "date": date.today().isoformat(),
            "machine": machine(),
            "versions": {"netlang": __version__, "torch": torch.__version__},
            "milliseconds": figures,
        }
        write_whole(args.json, json.dumps(record, indent=2).encode())


if __name__ == "__main__":
    main()
