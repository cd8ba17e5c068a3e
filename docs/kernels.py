"""What docs/kernels.md shows of kernels: `python -m docs.kernels` writes it there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks.markdown import line, table
from netlang.backends.triton.source import source
from netlang.compiler import compile
from netlang.ground.resources import zoo_networks

PAGE = Path(__file__).with_suffix(".md")

BATCHES = (1, 256)


def row(network: str) -> str:
    """A network's line of the table."""
    return line(_cells(network))


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
    lines = "\n".join(_table())
    return re.sub(
        r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", lambda _: f"{lines}\n", page, flags=re.S
    )


def _table() -> Iterator[str]:
    counted = "launches", "kernels", "lines"
    titles = [f"{what}, batch {batch}" for batch in BATCHES for what in counted]
    yield from table(["network", *titles], map(_cells, zoo_networks()))


def _cells(network: str) -> Iterator[str]:
    yield f"`{network}`"
    for batch in BATCHES:
        plan = compile(network, batch=batch).plan
        yield from (f"{number:,}" for number in (len(plan.calls), len(plan.functions)))
        yield f"{len(source(plan).splitlines()):,}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
