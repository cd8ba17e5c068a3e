"""What came of a race, as a table and an object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from typing import Any

from netlang.bench.contenders import ENGINES
from netlang.bench.race import Answer
from netlang.engines.cpu import machine
from netlang.ground.columns import aligned
from netlang.ground.units import percent, si

Results = Mapping[str, Mapping[str, Answer]]
"""Of each case (`resnet50, batch 1`) the answers by contender."""

PACKAGES = ("netlang", "torch", "openvino", "onnxruntime")


def table(results: Results, place: str) -> str:
    """A row a contender; ratios are times netlang's fastest, so that above 1 netlang is ahead.

    `place` is where they were raced, in words.
    """
    head = ("", "a call", "spread", "ratio", "ready", "from nothing", "peak", "off float64")
    rows = [head, *(row for answers in results.values() for row in _rows(answers))]
    first, *lines = aligned(rows)
    rule = "-" * max(map(len, lines))
    shown = [f"on {place}", "", first]
    for case, answers in results.items():
        shown += [rule, case, *lines[: len(answers)]]
        del lines[: len(answers)]
    return "\n".join([*shown, rule, NOTES])


NOTES = """\
a call: the median of the rounds; spread: half of what lies between their quartiles
ratio: times netlang's fastest, the median of the rounds' own
ready: from its file to the first result; from nothing and peak: in a new process, libraries and all
off float64: the largest difference, over the largest number"""


def _rows(answers: Mapping[str, Answer]) -> Iterator[tuple[str, ...]]:
    own = fastest(answers)
    for name, answer in answers.items():
        start = answer.first
        yield (
            f"  {name}",
            si(answer.median, "s"),
            f"±{percent(answer.spread.relative)}",
            f"{answer.ratio(answers[own]):.2f}" if own and name != own else "",
            si(median(answer.ready), "s"),
            si(start.seconds, "s") if start else "",
            si(start.peak, "B") if start else "",
            f"{answer.difference:.0e}",
        )


def fastest(answers: Mapping[str, Answer]) -> str:
    """netlang's fastest engine; empty where none took part."""
    own = {name: answer for name, answer in answers.items() if name in ENGINES}
    return min(own, key=lambda name: own[name].median, default="")


def where(described: Mapping[str, Any]) -> str:
    """The machine of an object that `describe` gave, and what it was told to do, in words.

    Of older objects less is known.
    """
    threads = described.get("threads")
    told = [described["processor"], f"{described['cores']} cores"]
    told += [f"{threads} thread{'s' if threads > 1 else ''}"] if threads else []
    return ", ".join([*told, *filter(None, [described.get("dtype")])])


def installed(packages: Iterable[str]) -> dict[str, str]:
    """The versions of packages, of those that are there."""
    return {package: version(package) for package in packages if find_spec(package)}


def describe(results: Results, threads: int | None = None, precision: str = "") -> dict[str, Any]:
    """All that was measured and what decides it, as one object; the form is stable, for scripts.

    Times are in seconds, memory in bytes. `threads` are all cores where it is None; where cases
    differ in precision, the object has none.
    """
    here = machine()
    return {
        "date": date.today().isoformat(),
        **here,
        "threads": threads or here["cores"],
        **({"dtype": precision} if precision else {}),
        "versions": installed(PACKAGES),
        "results": {
            case: {name: answer.as_json() for name, answer in answers.items()}
            for case, answers in results.items()
        },
    }
