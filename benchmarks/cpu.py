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
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from benchmarks.markdown import fill, table
from netlang.bench import CONTENDERS, Answer, Case, describe, raced
from netlang.bench.contenders import WORDS
from netlang.bench.picture import to_svg
from netlang.bench.report import Results, where
from netlang.engines.cpu import cpu
from netlang.ground.files import write_whole
from netlang.ground.units import si

HERE = Path(__file__).parent
RESULTS = HERE / "results/cpu.json"
PAGE = HERE.parent / "docs/running.md"
PICTURE = PAGE.parent / "img/cpu.svg"

NETWORKS = ("alexnet", "googlenet", "resnet18", "resnet50", "resnet152", "vgg16")
ROUNDS = {1: 30, 16: 7}
"""How often each contender runs, by batch."""

OPENVINO, TORCH, COMPILE = "netlang openvino", "netlang torch", "torch.compile"

RACED = (OPENVINO, TORCH, "openvino", "onnxruntime", "torch")
FLOAT, BRAIN = "float32", "bfloat16"


class Race(NamedTuple):
    """A network at a batch size in a precision, and who may take part."""

    network: str
    batch: int
    precision: str = FLOAT
    entered: tuple[str, ...] = RACED

    @property
    def names(self) -> tuple[str, ...]:
        """Those of them that compute so."""
        return tuple(n for n in self.entered if self.precision in CONTENDERS[n].precisions)

    def __str__(self) -> str:
        precision = () if self.precision == FLOAT else (self.precision,)
        special = (COMPILE,) if COMPILE in self.entered else ()
        return ", ".join((self.network, f"batch {self.batch}", *precision, *special))


RACES = (
    *(Race(n, batch, p) for p, batch, n in product((FLOAT, BRAIN), ROUNDS, NETWORKS)),
    # What torch.compile leaves running slows all others.
    *(Race(name, 1, FLOAT, (OPENVINO, TORCH, COMPILE)) for name in NETWORKS),
)


# ---------------------------------------------------------------------------- tables


def timed(answer: Answer) -> str:
    """The median of its times, and their spread."""
    return f"{si(answer.median, 's')} ±{100 * answer.spread.relative:.0f}%"


def latency(results: Results, precision: str) -> Iterator[str]:
    """A row a race: what netlang's engines take, and how many times as long as one others take."""
    groups = ((OPENVINO, ("openvino", "onnxruntime")), (TORCH, ("torch",)))
    columns = [
        (own, [peer for peer in peers if precision in CONTENDERS[peer].precisions])
        for own, peers in groups
    ]

    def cells(race: Race) -> Iterator[str]:
        answers = results[str(race)]
        yield f"{race.network}, batch {race.batch}"
        for own, peers in columns:
            yield timed(answers[own])
            yield from (f"{answers[peer].ratio(answers[own]):.2f}x" for peer in peers)

    def titles() -> Iterator[str]:
        for own, peers in columns:
            yield own
            yield from (f"{WORDS[peer]} / {own}" for peer in peers)

    yield from table(("", *titles()), map(cells, there(results, precision)))


def there(results: Results, precision: str) -> list[Race]:
    """The races of a precision that there are results of, but for those of torch.compile."""
    raced = (race for race in RACES if race.precision == precision and race.entered == RACED)
    return [race for race in raced if str(race) in results]


def one_by_one(results: Results) -> list[Race]:
    """The races of single images in float32."""
    return [race for race in there(results, FLOAT) if race.batch == 1]


def ready(results: Results) -> Iterator[str]:
    """A row a network: the time until the first result is there, at batch 1."""

    def cells(race: Race) -> Iterator[str]:
        answers = results[str(race)]
        yield race.network
        yield from (si(median(answers[name].ready), "s") for name in (OPENVINO, "openvino"))
        beside = results.get(f"{race}, {COMPILE}", {})
        starts = (beside[name].first for name in (OPENVINO, TORCH, COMPILE) if name in beside)
        yield from (si(start.seconds, "s") for start in starts if start)

    titles = ("", OPENVINO, "OpenVINO", f"{OPENVINO}*", f"{TORCH}*", f"{COMPILE}*")
    yield from table(titles, map(cells, one_by_one(results)))


TABLES: dict[str, Callable[[Results], Iterable[str]]] = {
    "latency": partial(latency, precision=FLOAT),
    "bfloat16": partial(latency, precision=BRAIN),
    "ready": ready,
}


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
    results = {case: results[case] for case in map(str, RACES) if case in results}
    described = describe(results)
    RESULTS.parent.mkdir(exist_ok=True)
    write_whole(RESULTS, (json.dumps(described, indent=1) + "\n").encode())
    fill(PAGE, TABLES, results)
    write_whole(PICTURE, picture(described))


def picture(described: Mapping[str, Any]) -> bytes:
    """What single images take, of the object in the file."""
    results = told(described)
    shown = {str(race): results[str(race)] for race in one_by_one(results)}
    return to_svg(shown, where({**described, "dtype": FLOAT}))


def main() -> None:
    """Races what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=NETWORKS, action="append", help="one of the networks")
    parser.add_argument("--fresh", action="store_true", help="forget what was raced before")
    args = parser.parse_args()
    stored = json.loads(RESULTS.read_text()) if RESULTS.exists() and not args.fresh else {}
    results = known(stored)
    for race in RACES:
        title = str(race)
        if title in results or race.network not in (args.only or NETWORKS):
            continue
        if race.precision == BRAIN and not cpu().has_bfloat16:
            continue
        with TemporaryDirectory() as folder:
            case = Case(race.network, race.batch, Path(folder), precision=race.precision)
            results[title] = raced(case, race.names, ROUNDS[race.batch])
        save(results)
        print(title, flush=True)
    save(results)


if __name__ == "__main__":
    main()
