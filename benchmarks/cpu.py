"""Races netlang's engines on this CPU against torch, OpenVINO and ONNX Runtime.

    python -m benchmarks.cpu [NETWORK ...] [--batches 1,16] [--rounds 15] [--json FILE]

A network at a batch size has a process of its own, in which all take turns; so a neighbour that is
busy for a while slows all of them. Ratios are medians of the rounds' own. Random weights, float32.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.machine import machine
from benchmarks.markdown import table
from netlang.bench import CONTENDERS, Answer, Case, race
from netlang.files import write_whole

NETWORKS = ("alexnet", "googlenet", "resnet18", "resnet50", "resnet152", "vgg16")
USUAL = tuple(name for name in CONTENDERS if name != "torch.compile")
"""Those that are ready within a second or two."""

PACKAGES = ("netlang", "torch", "openvino", "onnxruntime")

Results = dict[str, dict[str, Answer]]


def measured(network: str, batch: int, names: tuple[str, ...], rounds: int) -> dict[str, Answer]:
    """The answers of those who are there, in this process."""
    there = {name: CONTENDERS[name] for name in names if CONTENDERS[name].is_there}
    with TemporaryDirectory() as folder:
        return race(Case(network, batch, Path(folder)), there, rounds)


def rows(results: Results) -> Iterator[list[str]]:
    """A row a contender: milliseconds of a call and of a start, and beside OpenVINO and torch."""
    for case, answers in results.items():
        for name, answer in answers.items():
            yield [
                case,
                name,
                f"{1e3 * answer.median:.1f} ± {answer.spread:.0%}",
                f"{1e3 * min(answer.seconds):.1f}",
                *(_ratio(answer, answers.get(peer)) for peer in ("openvino", "torch")),
                f"{1e3 * median(answer.ready):.0f}",
                f"{answer.difference:.0e}",
            ]


TITLES = (
    *("network", "", "ms", "least ms", "of OpenVINO's", "of torch's"),
    *("ms until ready", "off float64"),
)


def _ratio(answer: Answer, peer: Answer | None) -> str:
    return f"{answer.ratio(peer):.2f}" if peer else "—"


def as_json(results: Results) -> Mapping[str, Any]:
    """The results, with what decides them."""
    return {
        "date": date.today().isoformat(),
        "machine": machine(),
        "versions": {package: version(package) for package in PACKAGES if find_spec(package)},
        "results": {
            case: {name: answer.as_json() for name, answer in answers.items()}
            for case, answers in results.items()
        },
    }


def main() -> None:
    """Races, prints a table in Markdown, and writes the JSON if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--batches", default="1,16")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--with", dest="names", default=",".join(USUAL), help=f"({USUAL})")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    names = tuple(args.names.split(","))
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # for torch as for netlang's engine
    results: Results = {}
    for network in args.networks:
        for batch in map(int, args.batches.split(",")):
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
                answer = alone.submit(measured, network, batch, names, args.rounds)
                results[f"{network}, batch {batch}"] = answer.result()
            if args.json:
                write_whole(args.json, json.dumps(as_json(results), indent=1).encode())
    print("\n".join(table(TITLES, rows(results), left=2)))


if __name__ == "__main__":
    main()
