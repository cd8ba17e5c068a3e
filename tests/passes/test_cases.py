"""Every pass on graphs written as text: `PASS.case` holds cases of the pass of that name.

A case is a title, a graph, the graph that the pass makes of it, and what the pass says. A title
that says "batch 256" has it made for that batch.
`pytest --update-goldens` rewrites the last two; read the difference before you commit it.
"""

import re
from pathlib import Path

import pytest

from netlang import passes
from netlang.device import USUAL, Target
from netlang.ir.graph import verify
from netlang.ir.printer import print_graph
from netlang.lower.printed import parse_graph
from netlang.passes import PIPELINE
from netlang.passes.report import Log

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.case"))


def cases(path: Path) -> list[tuple[str, str, str]]:
    """Title, input and golden of each case."""
    parts = path.read_text().split("== ")[1:]
    found: list[tuple[str, str, str]] = []
    for part in parts:
        title, _, body = part.partition("\n")
        given, _, golden = body.partition("--\n")
        found.append((title, given.strip() + "\n", golden.strip() + "\n"))
    return found


def outcome(name: str, title: str, given: str) -> str:
    """What a case's pass makes of its graph and says, as the golden has it."""
    batch = re.search(r"batch (\d+)", title)
    log = Log(Target(batch=int(batch[1]) if batch else 1))
    graph = verify(passes.named(name)(verify(parse_graph(given)), log))
    assert parse_graph(print_graph(graph)) == graph
    notes = [f"did  {note}" for note in log.changed] + [f"left {note}" for note in log.skipped]
    return print_graph(graph) + "".join(f"{note}\n" for note in notes)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cases(path: Path, request: pytest.FixtureRequest) -> None:
    results = [(t, given, outcome(path.stem, t, given)) for t, given, _ in cases(path)]
    if request.config.getoption("--update-goldens"):
        texts = [f"== {title}\n{given}--\n{result}" for title, given, result in results]
        path.write_text("\n".join(texts))
    for (title, _, result), (_, _, golden) in zip(results, cases(path), strict=True):
        assert result == golden, title


def test_every_pass_has_cases() -> None:
    assert {run.__name__ for run in PIPELINE} == {path.stem for path in FILES}
    assert all(cases(path) for path in FILES)


@pytest.mark.parametrize("run", PIPELINE, ids=lambda run: run.__name__)
def test_running_twice_changes_nothing_more(run: passes.Pass) -> None:
    for _, given, _ in cases(FOLDER / f"{run.__name__}.case"):
        once = run(parse_graph(given), Log(USUAL))
        assert run(once, Log(USUAL)) == once
