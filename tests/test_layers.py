"""Imports point down only: each stage can be read, tested and changed without those above it."""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "netlang"

# From the ground up. Neighbours on a floor do not know each other. The runtime stands on the ground
# because an artifact carries it to machines without netlang.
FLOORS = (
    {"diagnostic"},
    {"ground", "runtime"},
    {"kernels"},
    {"device", "ir"},
    {"ops", "pictures", "recipe", "tune", "work"},
    {"syntax", "passes", "weights", "images"},
    {"classes", "lower"},
    {"views"},
    {"plan"},
    {"summary"},
    {"diff"},
    {"backends", "cost"},
    {"compiler"},
    {"engines"},
    {"bench", "running"},
    {"training"},
    {"api", "commands"},
    {"__init__", "__main__"},
)
FLOOR = {part: level for level, parts in enumerate(FLOORS) for part in parts}

# These two take seconds to load, which only those who compute should pay.
SLOW = {"torch", "triton"}
MAY_BE_SLOW = {"backends", "runtime"}

FILES = sorted(ROOT.rglob("*.py"))


def part(path: Path) -> str:
    """The folder or top-level module that a file belongs to."""
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import_time(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: no function's body, nothing for types alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from at_import_time(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path: Path) -> None:
    own = part(path)
    for name in imports(ast.walk(ast.parse(path.read_text()))):
        package, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if package == "netlang" and other in FLOOR and other != own:
            assert FLOOR[other] < FLOOR[own], f"{own} stands below or beside {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_torch_and_triton_load_late(path: Path) -> None:
    if part(path) in MAY_BE_SLOW:
        return
    names = imports(at_import_time(ast.parse(path.read_text())))
    assert not {name.partition(".")[0] for name in names} & SLOW


def test_every_part_has_its_floor() -> None:
    assert {part(path) for path in FILES} <= set(FLOOR)


def test_the_table_of_the_architecture_goes_down_the_floors() -> None:
    text = (ROOT.parent / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \| (.*?) \|", text, re.M)[1:]
    parts = {stage: re.findall(r"(\w+)(?:/|\.py)`", folders) for stage, folders in rows}
    assert {name for names in parts.values() for name in names} == set(FLOOR) - {
        "__init__",
        "__main__",
    }
    *levels, _ = ([FLOOR[name] for name in names] for names in parts.values())
    for above, below in pairwise(levels):
        assert min(above) >= max(below)


OPTION = re.compile(r"(?<![\w-])-(-[a-z]|[oO]\b)")
"""An option within a text. A text that is one alone is an argument of another program."""


def texts(tree: ast.AST) -> Iterator[str]:
    """The strings of a module, but for docstrings."""
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=values):
                inner |= set(map(id, values))
                yield ast.unparse(node)
            case ast.Constant(value=str(text)) if id(node) not in inner:
                yield text
            case _:
                pass


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_commands_speak_of_their_options(path: Path) -> None:
    """Who calls a function has no options; a command may be told of, with its name."""
    if part(path) == "commands":
        return
    for text in texts(ast.parse(path.read_text())):
        if " " in text and OPTION.search(text):
            assert "netlang " in text
