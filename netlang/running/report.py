"""The classes of images: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from netlang.classes import Guess, likeliest
from netlang.diagnostic import NetError
from netlang.engines import Engine
from netlang.ground.columns import aligned
from netlang.ir.graph import Graph
from netlang.running.inputs import Prepared
from netlang.running.sizes import AnySize

COLUMNS = ("image", "rank", "class", "label", "probability")


class Found(NamedTuple):
    """What a network found in an image: its likeliest classes."""

    image: str
    top: list[Guess]


class Failed(NamedTuple):
    """An image that could not be read, and why."""

    image: str
    reason: str


@dataclass
class Report:
    """What a network found in images, and what could not be read.

    `weights` is the file they are from, None where they are random; `engine` is what runs
    the network; `preparation` is what was done to images, None where there are arrays alone;
    `top` is how many classes are told.
    """

    graph: Graph
    weights: Path | None
    engine: Engine | AnySize
    preparation: Prepared | None
    top: int
    labels: Sequence[str] | None = None
    images: list[Found] = field(default_factory=list[Found])
    failed: list[Failed] = field(default_factory=list[Failed])

    def take(self, names: Sequence[str], _: Any, outputs: Any) -> None:
        """Adds a batch: a sink of `netlang.running.batches.run_batches`."""
        for name, output in zip(names, outputs, strict=True):
            top = likeliest(self.graph, output, self.top, self.labels)
            self.images.append(Found(name, top))

    def fail(self, name: str, fault: NetError) -> str:
        """Adds an input that could not be read; why, in a line."""
        reason = fault.diagnostics[0].message
        self.failed.append(Failed(name, reason))
        return reason


def as_json(report: Report) -> dict[str, Any]:
    """The report as one object of plain values; the form is stable, for scripts."""
    return {
        "name": report.graph.name,
        "weights": str(report.weights) if report.weights else None,
        "engine": report.engine.description,
        "preparation": str(report.preparation) if report.preparation else None,
        "images": [{"image": name, "top": [*map(_plain, top)]} for name, top in report.images],
        "failed": [each._asdict() for each in report.failed],
    }


def _plain(guess: Guess) -> dict[str, Any]:
    return {"class": guess.number, "label": guess.label, "probability": guess.probability}


def as_csv(report: Report) -> str:
    """A line an image and rank, below the names of the columns."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_rows(report))
    return text.getvalue()


def as_text(report: Report, seed: int) -> str:
    """The table, below what was done to images; nothing where there are no classes to tell."""
    if not report.images:
        return ""
    head = [f"{report.graph.name}: {report.preparation or 'arrays, taken as prepared'}"]
    head.append(f"run by {report.engine.description}")
    if report.weights is None:
        head.append(f"The weights are random (seed {seed}): what follows means nothing.")
    rows = [COLUMNS, *map(_cells, _rows(report))]
    if not report.labels:
        rows = [(*row[:3], row[4]) for row in rows]
    return "\n".join([*head, "", *aligned(rows, left=len(rows[0]) - 1)])


def _rows(report: Report) -> Iterator[tuple[str, int, int, str, float]]:
    for name, top in report.images:
        for rank, guess in enumerate(top, 1):
            yield name, rank, guess.number, guess.label or "", guess.probability


def _cells(row: tuple[str, int, int, str, float]) -> tuple[str, ...]:
    image, rank, number, label, probability = row
    share = f"{probability:.2%}" if isfinite(probability) else str(probability)
    return image if rank == 1 else "", str(rank), str(number), label, share
