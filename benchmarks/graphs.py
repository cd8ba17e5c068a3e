"""What each pass makes of every network in the zoo, beside what other compilers leave of it.

    python -m benchmarks.graphs [--limit MINUTES] [--jobs N] [--fresh]

Nothing is timed: these are counts, of a plan at batch 1 in float16 and of the peers' optimized
graphs (`benchmarks.peers`). They go to benchmarks/results/graphs.json, and from there into the
tables of docs/optimizer.md. What the same versions of the peers were asked before is kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.ask import ask_all
from benchmarks.markdown import fill
from benchmarks.peers import PACKAGES
from benchmarks.tables import PAGE, TABLES
from netlang import __version__
from netlang.engines.cpu import machine
from netlang.ground.files import write_whole
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import PIPELINE, optimize
from netlang.plan import plan

RESULTS = Path(__file__).parent / "results/graphs.json"


def stages(network: str) -> Iterator[dict[str, Any]]:
    """The figures of a network as it is written, then after each pass."""
    graph = load(network)
    yield figures(graph)
    for each in PIPELINE:
        graph = optimize(graph, (each,)).graph
        yield {"pass": each.__name__, **figures(graph)}


def figures(graph: Graph) -> dict[str, int]:
    """Of a graph and its plan: nodes, launches, and bytes an image."""
    planned = plan(graph)
    return {
        "nodes": len(graph),
        "kernels": len(planned.calls),
        "activation_bytes": planned.activation_bytes,
        "arena_bytes": planned.arena_bytes,
    }


def known(fresh: bool) -> dict[str, Any]:
    """The results so far, with netlang's own made anew; of peers in other versions nothing."""
    versions = {package: version(package) for package in PACKAGES}
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() and not fresh else {}
    if results.get("versions") != versions:
        results = {"date": date.today().isoformat(), "machine": machine(), "versions": versions}
        results["peers"] = {}
    networks = {name: list(stages(name)) for name in zoo_networks()}
    return results | {"netlang": {"version": __version__, "networks": networks}}


def main() -> None:
    """Counts, writes the JSON after each answer of a peer, and fills in the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--limit", type=float, default=20, help="minutes for a peer and a network (0: ask none)"
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many are asked at one time")
    parser.add_argument("--fresh", action="store_true", help="forget what the peers have answered")
    args = parser.parse_args()

    results = known(args.fresh)
    save(results)
    for network, peer, answer in ask_all(zoo_networks(), results["peers"], args.limit, args.jobs):
        results["peers"].setdefault(network, {})[peer] = answer
        save(results)
        print(f"{network} {peer}: {answer}", flush=True)
    fill(PAGE, TABLES, results)


def save(results: dict[str, Any]) -> None:
    """Writes the JSON."""
    RESULTS.parent.mkdir(exist_ok=True)
    write_whole(RESULTS, (json.dumps(results, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
