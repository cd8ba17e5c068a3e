"""The classes of images: a table for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any

from netlang.classes import likeliest
from netlang.columns import aligned
from netlang.diagnostic import NetError
from netlang.engines import Engine
from netlang.ir.graph import Graph
from netlang.running.inputs import Prepared
from netlang.running.sizes import AnySize

COLUMNS = ("image", "rank", "class", "label", "probability")


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
    images: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failed: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def take(self, names: Sequence[str], _: Any, outputs: Any) -> None:
        """Adds a batch: a sink of `netlang.running.batches.run_batches`."""
        for name, output in zip(names, outputs, strict=True):
            top = likeliest(self.graph, output, self.top, self.labels)
            self.images.append({"image": name, "top": top})

    def fail(self, name: str, fault: NetError) -> str:
        """Adds an input that could not be read; why, in a line."""
        reason = fault.diagnostics[0].message
        self.failed.append({"image": name, "reason": reason})
        return reason


def as_json(report: Report) -> dict[str, Any]:
    """The report as one object of plain values; the form is stable, for scripts."""
    return {
        "name": report.graph.name,
        "weights": str(report.weights) if report.weights else None,
        "engine": report.engine.description,
        "preparation": str(report.preparation) if report.preparation else None,
        "images": report.images,
        "failed": report.failed,
    }


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
    for entry in report.images:
        for rank, place in enumerate(entry["top"], 1):
            label = place["label"] or ""
            yield entry["image"], rank, place["class"], label, place["probability"]


def _cells(row: tuple[str, int, int, str, float]) -> tuple[str, ...]:
    image, rank, number, label, probability = row
    share = f"{probability:.2%}" if isfinite(probability) else str(probability)
    return image if rank == 1 else "", str(rank), str(number), label, share
