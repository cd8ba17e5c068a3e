"""What docs/kernels.md shows of kernels: `python -m docs.kernels` writes it there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from netlang.backends.triton.source import source
from netlang.compiler import compile
from netlang.resources import zoo_networks

PAGE = Path(__file__).with_suffix(".md")

BATCHES = (1, 256)


def row(network: str) -> str:
    """A network's line of the table."""
    return _row(f"`{network}`", *_counts(network))


def example(network: str, kernel: str) -> str:
    """The text of a kernel, as it is in the network's folder."""
    functions = compile(network).plan.functions
    (function,) = (function for function in functions if function.name == kernel)
    return f"```python\n{function.kernel.source(kernel)}```"


def filled(page: str) -> str:
    """A page with what stands between its markers made anew."""
    page = re.sub(
        r"(<!-- kernel: (\w+) (\w+) -->\n).*?(<!-- end -->)",
        lambda marked: f"{marked[1]}{example(marked[2], marked[3])}\n{marked[4]}",
        page,
        flags=re.S,
    )
    table = "\n".join(_table())
    return re.sub(
        r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", lambda _: f"{table}\n", page, flags=re.S
    )


def _table() -> Iterator[str]:
    counted = "launches", "kernels", "lines"
    titles = [f"{what}, batch {batch}" for batch in BATCHES for what in counted]
    yield _row("network", *titles)
    yield _row("---", *("---:" for _ in titles))
    yield from map(row, zoo_networks())


def _counts(network: str) -> Iterator[str]:
    for batch in BATCHES:
        plan = compile(network, batch=batch).plan
        yield from (f"{number:,}" for number in (len(plan.calls), len(plan.functions)))
        yield f"{len(source(plan).splitlines()):,}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
