"""netlang's engines beside other runtimes on this CPU, on the networks of the papers.

    python -m benchmarks.cpu [--only resnet50] [--fresh]

Races are those of `netlang bench`. Each is written to benchmarks/results/cpu.json once it is over,
and from there into the tables of docs/running.md and their picture. What the same versions on the
same processor have raced before is kept.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.markdown import fill, table
from netlang.bench import Answer, Case, describe, raced
from netlang.bench.picture import to_svg
from netlang.bench.report import Results
from netlang.files import write_whole
from netlang.units import si

HERE = Path(__file__).parent
RESULTS = HERE / "results/cpu.json"
PAGE = HERE.parent / "docs/running.md"
PICTURE = RESULTS.with_suffix(".svg")

NETWORKS = ("alexnet", "googlenet", "resnet18", "resnet50", "resnet152", "vgg16")
ROUNDS = {1: 60, 16: 7}
"""How often each contender runs, by batch."""

OPENVINO, TORCH, COMPILE = "netlang openvino", "netlang torch", "torch.compile"
RACED = (OPENVINO, TORCH, "openvino", "onnxruntime", "torch")


def races() -> Iterator[tuple[str, str, int, tuple[str, ...]]]:
    """Each race: what it is called, the network, the batch and who takes part.

    torch.compile has races of its own: what it leaves running slows all others.
    """
    for batch in ROUNDS:
        yield from ((f"{name}, batch {batch}", name, batch, RACED) for name in NETWORKS)
    for name in NETWORKS:
        yield f"{name}, batch 1, {COMPILE}", name, 1, (OPENVINO, TORCH, COMPILE)


# ---------------------------------------------------------------------------- tables


def timed(answer: Answer) -> str:
    """The median of its times, and their spread."""
    return f"{si(answer.median, 's')} ±{100 * answer.spread:.0f}%"


def latency(results: Results) -> Iterator[str]:
    """A row a race: what netlang's engines take, and how many times as long others take."""
    titles = ("", OPENVINO, "OpenVINO", "ONNX Runtime", TORCH, "eager torch")

    def cells(case: str, answers: Mapping[str, Answer]) -> Iterator[str]:
        yield case
        for own, peers in ((OPENVINO, ("openvino", "onnxruntime")), (TORCH, ("torch",))):
            yield timed(answers[own])
            yield from (f"{answers[peer].ratio(answers[own]):.2f}x" for peer in peers)

    yield from table(titles, (cells(*row) for row in results.items() if COMPILE not in row[1]))


def ready(results: Results) -> Iterator[str]:
    """A row a network: the time until the first result is there, at batch 1."""

    def cells(case: str, answers: Mapping[str, Answer]) -> Iterator[str]:
        yield case
        yield from (si(median(answers[name].ready), "s") for name in (OPENVINO, "openvino"))
        beside = results.get(f"{case}, {COMPILE}", {})
        starts = (beside[name].first for name in (OPENVINO, TORCH, COMPILE) if name in beside)
        yield from (si(start.seconds, "s") for start in starts if start)

    titles = ("", OPENVINO, "OpenVINO", f"{OPENVINO}*", f"{TORCH}*", f"{COMPILE}*")
    yield from table(titles, (cells(*row) for row in results.items() if row[0].endswith(" 1")))


TABLES: dict[str, Callable[[Results], Iterable[str]]] = {"latency": latency, "ready": ready}


# ----------------------------------------------------------------------------- files


def known(results: Mapping[str, Any]) -> dict[str, dict[str, Answer]]:
    """The answers of a file, where it tells of this machine and of these versions."""
    here = describe({})
    if any(results.get(key) != here[key] for key in ("versions", "processor", "cores")):
        return {}
    return told(results)


def told(results: Mapping[str, Any]) -> dict[str, dict[str, Answer]]:
    """The answers of a file, of whatever machine."""
    return {
        case: {name: Answer.from_json(answer) for name, answer in answers.items()}
        for case, answers in results["results"].items()
    }


def save(results: Results) -> None:
    """Writes the JSON, the tables and the picture, in the order of the races."""
    results = {case: results[case] for case, *_ in races() if case in results}
    RESULTS.parent.mkdir(exist_ok=True)
    write_whole(RESULTS, (json.dumps(describe(results), indent=1) + "\n").encode())
    fill(PAGE, TABLES, results)
    write_whole(PICTURE, to_svg(results))


def main() -> None:
    """Races what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=NETWORKS, action="append", help="one of the networks")
    parser.add_argument("--fresh", action="store_true", help="forget what was raced before")
    args = parser.parse_args()
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() and not args.fresh else {}
    results = known(stored)
    for case, network, batch, names in races():
        if case not in results and network in (args.only or NETWORKS):
            with TemporaryDirectory() as folder:
                results[case] = raced(Case(network, batch, Path(folder)), names, ROUNDS[batch])
            save(results)
            print(case, flush=True)
    save(results)


if __name__ == "__main__":
    main()
