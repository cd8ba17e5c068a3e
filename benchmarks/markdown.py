"""Tables of a page in Markdown, and the places in a page that hold them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from netlang.ground.files import write_whole

T = TypeVar("T")


def table(titles: Sequence[str], rows: Iterable[Iterable[str]], left: int = 1) -> Iterator[str]:
    """The lines of a table; the first `left` columns are words, the others numbers."""
    yield line(titles)
    yield line(["---" if number < left else "---:" for number in range(len(titles))])
    yield from map(line, rows)


def filled(page: str, tables: Mapping[str, Callable[[T], Iterable[str]]], results: T) -> str:
    """A page with every table of these between its markers made anew; others stay as they are."""

    def made(marked: re.Match[str]) -> str:
        if marked[2] not in tables:
            return marked[0]
        lines = "\n".join(tables[marked[2]](results))
        return f"{marked[1]}\n{lines}\n{marked[3]}"

    return re.sub(r"(<!-- table: (\w+) -->).*?(<!-- end -->)", made, page, flags=re.S)


def fill(path: Path, tables: Mapping[str, Callable[[T], Iterable[str]]], results: T) -> None:
    """Makes the tables of a page anew."""
    write_whole(path, filled(path.read_text(encoding="utf-8"), tables, results).encode())


def line(cells: Iterable[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"
