"""The tables of docs/optimizer.md, from the results of `benchmarks.graphs`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers import PEERS

PAGE = Path(__file__).parent.parent / "docs/optimizer.md"

SHOWN = ("resnet50", "resnet152", "googlenet", "alexnet", "resnet20")
"""The networks that are followed from pass to pass."""

Results = Mapping[str, Any]
Stage = Mapping[str, Any]


def filled(page: str, results: Results) -> str:
    """A page with every table between its markers made anew."""

    def table(marked: re.Match[str]) -> str:
        lines = "\n".join(TABLES[marked[2]](results))
        return f"{marked[1]}\n{lines}\n{marked[3]}"

    return re.sub(r"(<!-- table: (\w+) -->).*?(<!-- end -->)", table, page, flags=re.S)


def networks(results: Results) -> Iterator[str]:
    """A row a network: as it is written, then optimized, then the peers."""
    yield from _head("network", *FIGURES, *PEERS)
    for name, stages in results["netlang"]["networks"].items():
        before, after = _cells(stages[0]), _cells(stages[-1])
        ours = (f"{old} → {new}" for old, new in zip(before, after, strict=True))
        answers = results["peers"].get(name, {})
        yield _row(f"`{name}`", *ours, *(_answer(answers.get(peer, {})) for peer in PEERS))


def passes(results: Results) -> Iterator[str]:
    """A row a pass, for some networks."""
    yield from _head("network", "after", *FIGURES)
    for name in SHOWN:
        for number, stage in enumerate(results["netlang"]["networks"][name]):
            first = number == 0
            after = "—" if first else f"`{stage['pass']}`"
            yield _row(f"`{name}`" if first else "", after, *_cells(stage))


TABLES: dict[str, Callable[[Results], Iterable[str]]] = {"networks": networks, "passes": passes}

FIGURES: dict[str, Callable[[Stage], str]] = {
    "nodes": lambda stage: f"{stage['nodes']:,}",
    "kernels": lambda stage: f"{stage['kernels']:,}",
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


def _head(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield _row(*("---:" if title not in ("network", "after") else "---" for title in titles))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
