"""How training goes: a line an epoch for people, a CSV for programs, a line that moves."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, fields
from io import StringIO

from netlang.running.pace import Pace
from netlang.training.loop import Row, Tally, Training
from netlang.training.schedule import Progress

COLUMNS = ("epoch", "iterations", "    rate", "   loss", "training error", "validation error")
"""Of the lines for people, as wide as what stands below."""

WIDTH = 110
"""Of the line that moves, in characters: it covers a longer one that stood there before."""


def head() -> str:
    """What stands above the lines of epochs."""
    return "  ".join(COLUMNS)


def line(row: Row) -> str:
    """An epoch for people; an error that is not known is a dash."""
    cells = (
        str(row.epoch),
        f"{row.iterations:,}",
        f"{row.lr:.4g}",
        f"{row.loss:.4f}",
        _share(row.training_error),
        _share(row.validation_error),
    )
    return "  ".join(cell.rjust(len(name)) for cell, name in zip(cells, COLUMNS, strict=True))


def as_csv(rows: Iterable[Row]) -> str:
    """A line an epoch below the names of the columns; errors are shares, seconds those so far."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(field.name for field in fields(Row))
    writer.writerows(map(_written, astuple(row)) for row in rows)
    return text.getvalue()


def moving(training: Training, at: Progress, lr: float, tally: Tally, pace: Pace) -> str:
    """Where training is, how the epoch goes, and how long the rest will take."""
    place = f"epoch {at.epoch + 1}, iteration {at.iteration:,} of {training.iterations:,}"
    numbers = f"loss {tally.loss:.4f}, error {_share(tally.error)}, rate {lr:.4g}"
    return f"{place}: {numbers}, {pace.speed()}".ljust(WIDTH)


def _share(error: float | None) -> str:
    return "-" if error is None else f"{error:.2%}"


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
