"""Case by case: what is known already is skipped, and what is found out is kept at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from benchmarks.gpu.case import Case, Layer, compiled, products
from benchmarks.gpu.contenders import NETLANG
from benchmarks.gpu.gpu import state
from benchmarks.gpu.race import Answer, race, samples, telling
from benchmarks.gpu.remote import OutOfTimeError
from benchmarks.gpu.results import Results, Row
from netlang.cost import profile
from netlang.device import DEVICES, matching
from netlang.passes import optimize

LAYER_SAMPLE, LAYER_ROUNDS = 0.02, 5
"""Seconds and rounds for a layer alone: there are many of them."""


@dataclass(frozen=True)
class Setting:
    """What all rows have in common.

    `enter` starts a contender by its name; it is closed when its row is done. `deadline` is in
    seconds of `clock`.
    """

    gpu: Mapping[str, Any]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    against: Sequence[str]
    enter: Callable[[str], Any]
    deadline: float
    rounds: int = 10
    layers: bool = True
    clock: Callable[[], float] = monotonic

    def asks(self, case: Case) -> Row:
        """The key of a case's row, and what it is run on."""
        return {
            "network": case.network,
            "batch": case.batch,
            "dtype": case.dtype,
            "device": self.gpu["name"],
            "target": case.device,
            "versions": dict(self.versions),
            "against": list(self.against),
        }


def run(cases: Iterable[Case], setting: Setting, results: Results) -> Iterator[str]:
    """Does what is missing until it is done or the time is over, and tells of each step.

    A step is not begun where the longest one so far would not end in time; one that is cut short
    leaves nothing, and is done again by the next call.
    """
    longest = 0.0
    for case in cases:
        for is_missing, step in ((_row_is_missing, _race), (_layers_are_missing, _layers)):
            if not is_missing(case, setting, results):
                continue
            before = setting.clock()
            if before + longest >= setting.deadline:
                yield f"{case}: out of time"
                return
            try:
                yield f"{case}: {step(case, setting, results)}"
            except OutOfTimeError:
                yield f"{case}: cut short"
                return
            longest = max(longest, setting.clock() - before)


def _row_is_missing(case: Case, setting: Setting, results: Results) -> bool:
    return results.find(setting.asks(case)) is None


def _layers_are_missing(case: Case, setting: Setting, results: Results) -> bool:
    """Whether a row is without them whose numbers are right."""
    row = results.find(setting.asks(case)) or {}
    is_right = "samples" in row.get("contenders", {}).get(NETLANG, {})
    return setting.layers and is_right and "layers" not in row


def _race(case: Case, setting: Setting, results: Results) -> str:
    """Adds the row of a case, all but its layers."""
    names = (NETLANG, *setting.against)
    with _entered(names, setting) as contenders:
        before = state()
        answers = race(contenders, case, case.expected(), setting.rounds)
        after = state()
    row = setting.asks(case) | {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "gpu": dict(setting.gpu),
        "machine": dict(setting.machine),
        "state": [before, after],
        "floor": sum(_floors(case, setting).values()) or None,
        "contenders": answers,
    }
    results.put(row)
    return ", ".join(f"{name} {_outcome(answer)}" for name, answer in answers.items())


def _layers(case: Case, setting: Setting, results: Results) -> str:
    """Adds the layers to the row of a case."""
    compilation = compiled(case)
    floors = _floors(case, setting)
    layers: list[Row] = []
    with _entered((f"{NETLANG}'s layers", "torch's layers"), setting) as contenders:
        for function, call in products(compilation).items():
            layers.append(
                {
                    "function": function,
                    "launches": sum(each.function == function for each in compilation.plan.calls),
                    "floor": floors.get(call.layer),
                    "contenders": _alone(Layer(case, function), contenders),
                }
            )
    row = results.find(setting.asks(case))
    assert row is not None, "layers belong to a row"
    results.put(row | {"layers": layers})
    return f"{len(layers)} layers"


def _alone(layer: Layer, contenders: Mapping[str, Any]) -> dict[str, Answer]:
    """The answers of those who can do a layer, and why the others cannot."""
    answers: dict[str, Answer] = {}
    for name, contender in contenders.items():
        with telling(answers, name):
            contender.prepare(layer)
    able = {name: each for name, each in contenders.items() if name not in answers}
    answers |= samples(able, LAYER_ROUNDS, LAYER_SAMPLE)
    return {name.removesuffix("'s layers"): answers[name] for name in contenders}


@contextmanager
def _entered(names: Iterable[str], setting: Setting) -> Generator[dict[str, Any]]:
    """Contenders by name; all start at once, because importing takes them seconds."""
    contenders = {name: setting.enter(name) for name in names}
    try:
        yield contenders
    finally:
        for contender in contenders.values():
            contender.close()


def _floors(case: Case, setting: Setting) -> dict[str, float]:
    """Seconds below which no kernel of a layer can be; none where the GPU has no model of it."""
    known = matching(setting.gpu["name"])
    if known is None:
        return {}
    graph = optimize(case.graph, target=case.target).graph
    floors = profile(graph, DEVICES[known], case.dtype, case.batch).floors
    return {floor.work.name: floor.seconds for floor in floors}


def _outcome(answer: Answer) -> str:
    return next((word for word in ("failed", "wrong") if word in answer), "timed")
