"""The tables of docs/optimizer.md, from the results of `benchmarks.graphs`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.markdown import table
from benchmarks.peers import PEERS

PAGE = Path(__file__).parent.parent / "docs/optimizer.md"

SHOWN = ("resnet50", "resnet152", "googlenet", "alexnet", "resnet20")
"""The networks that are followed from pass to pass."""

Results = Mapping[str, Any]
Stage = Mapping[str, Any]


def networks(results: Results) -> Iterator[str]:
    """A row a network: as it is written, then optimized, then the peers."""

    def cells(name: str, stages: Sequence[Stage]) -> Iterator[str]:
        before, after = _cells(stages[0]), _cells(stages[-1])
        answers = results["peers"].get(name, {})
        yield f"`{name}`"
        yield from (f"{old} → {new}" for old, new in zip(before, after, strict=True))
        yield from (_answer(answers.get(peer, {})) for peer in PEERS)

    rows = results["netlang"]["networks"].items()
    yield from table(("network", *FIGURES, *PEERS), (list(cells(*row)) for row in rows))


def passes(results: Results) -> Iterator[str]:
    """A row a pass, for some networks."""
    rows = (
        ("" if number else f"`{name}`", f"`{stage['pass']}`" if number else "—", *_cells(stage))
        for name in SHOWN
        for number, stage in enumerate(results["netlang"]["networks"][name])
    )
    yield from table(("network", "after", *FIGURES), rows, left=2)


TABLES: dict[str, Callable[[Results], Iterable[str]]] = {"networks": networks, "passes": passes}

FIGURES: dict[str, Callable[[Stage], str]] = {
    "nodes": lambda stage: f"{stage['nodes']:,}",
    "launches": lambda stage: f"{stage['kernels']:,}",
    "activations, MB": lambda stage: f"{stage['activation_bytes'] / 1e6:.2f}",
    "arena, kB": lambda stage: f"{stage['arena_bytes'] / 1e3:,.0f}",
}


def _cells(stage: Stage) -> list[str]:
    return [show(stage) for show in FIGURES.values()]


def _answer(answer: Mapping[str, Any]) -> str:
    """What a peer left: a number, or why there is none."""
    if "left" in answer:
        return f"{sum(answer['left'].values()):,}"
    if "unfinished" in answer:
        return f"not finished in {answer['unfinished']:g} min"
    return "failed" if answer else "not asked"
