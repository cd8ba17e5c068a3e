"""What a user's mistake looks like: where it is, what is wrong, what to write instead.

`NetError` is the only exception that a user's file or command can cause; everything else that
escapes is a bug in netlang. Diagnostics are data: one renderer turns them into text.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

LINE_END = re.compile(r"\r\n|\r|\n")
"""Where a line ends, for the grammar and for errors alike: some files have no line feed."""

WIDEST = 160
"""The most characters of a line that an excerpt shows."""


@dataclass(frozen=True)
class Source:
    """A text and the name that errors give it (a path as the user wrote it)."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in LINE_END.finditer(self.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of a character offset, both counted from 1."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line (counted from 1) without its line break."""
        starts = [*self._line_starts[number - 1 : number + 1], len(self.text)]
        return self.text[starts[0] : starts[1]].rstrip("\r\n")


class Span(NamedTuple):
    """The characters `start` to `end` (exclusive) of a source."""

    source: Source
    start: int
    end: int

    def __or__(self, other: Span) -> Span:
        """The smallest span that covers both."""
        return Span(self.source, min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        line, column = self.source.place(self.start)
        return f"{self.source.name}:{line}:{column}"


@dataclass(frozen=True)
class Label:
    """A span with a few words on it: where a shape comes from, which call led here."""

    span: Span
    text: str


@dataclass(frozen=True)
class Diagnostic:
    """One mistake.

    `span` with `label` is the place that is wrong, `related` are the places that explain it, in
    the order in which to read them, and `help` says what to write instead.
    """

    message: str
    span: Span | None = None
    label: str = ""
    help: str = ""
    related: tuple[Label, ...] = ()


class NetError(Exception):
    """One or more mistakes in what the user gave us."""

    def __init__(self, *diagnostics: Diagnostic):
        super().__init__(diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n\n".join(render(diagnostic) for diagnostic in self.diagnostics)


def error(message: str, span: Span | None = None, label: str = "", help: str = "") -> NetError:
    """A `NetError` of one diagnostic."""
    return NetError(Diagnostic(message, span, label, help))


def render(diagnostic: Diagnostic) -> str:
    """A diagnostic as the text that a person reads."""
    places = list(diagnostic.related)
    if diagnostic.span is not None:
        places.insert(0, Label(diagnostic.span, diagnostic.label))
    width = 1 + max((len(str(_line_of(place.span))) for place in places), default=0)
    lines = [f"error: {diagnostic.message}"]
    for index, place in enumerate(places):
        lines += _excerpt(place, width, "^" if index == 0 and diagnostic.span else "-")
    if diagnostic.help:
        lines.append(f"{' ' * width} = help: {diagnostic.help}")
    return "\n".join(lines)


def _line_of(span: Span) -> int:
    return span.source.place(span.start)[0]


def _excerpt(place: Label, width: int, mark: str) -> list[str]:
    line, column = place.span.source.place(place.span.start)
    text, column = _window(place.span.source.line(line), column)
    # A span over several lines is marked to the end of its first; a tab keeps its width.
    length = max(1, min(place.span.end - place.span.start, len(text) - column + 1))
    indent = "".join("\t" if char == "\t" else " " for char in text[: column - 1])
    gutter = " " * width
    return [
        f"{gutter}--> {place.span}",
        f"{gutter} |",
        f"{line:>{width}} | {text}".rstrip(),
        f"{gutter} | {indent}{mark * length} {place.text}".rstrip(),
    ]


def _window(text: str, column: int) -> tuple[str, int]:
    """A long line cut to what stands around a column, and the column in what is left."""
    if len(text) <= WIDEST:
        return text, column
    start = max(0, min(column - WIDEST // 2, len(text) - WIDEST))
    cut = text[start : start + WIDEST]
    before, after = "…" * (start > 0), "…" * (start + WIDEST < len(text))
    return before + cut + after, column - start + len(before)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A help line for a misspelt name, or an empty string where nothing is near.

    Capitals make no difference: papers write BN and ReLU.
    """
    spelt = {candidate.lower(): candidate for candidate in sorted(set(candidates))}
    near = difflib.get_close_matches(name.lower(), spelt, n=1, cutoff=0.6)
    return f"did you mean '{spelt[near[0]]}'?" if near else ""


def near_or_all(name: str, candidates: Iterable[str], shown: Iterable[str] | None = None) -> str:
    """A help line for a misspelt name: the one that is near, or all that there are.

    `shown` are those to list where not all that the name may have meant.
    """
    known = list(candidates)
    return did_you_mean(name, known) or f"there are: {', '.join(known if shown is None else shown)}"
