"""The documents say what is so: their examples load, their tables are those of the code."""

from __future__ import annotations

import ast
import builtins
import json
import re
import shlex
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from textwrap import dedent

import pytest

import netlang.commands
import netlang.ops
from benchmarks.graphs import RESULTS, stages
from benchmarks.markdown import filled
from benchmarks.tables import PAGE, TABLES
from docs import kernels
from netlang.backends.draw import View
from netlang.diagnostic import NetError, Source
from netlang.ground.resources import zoo_networks
from netlang.ir.attributes import attributes, show
from netlang.lower import load
from netlang.ops import OPS
from netlang.passes import PIPELINE, inference
from netlang.recipe import RECIPES, all_words

ROOT = Path(__file__).parent.parent
PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"))
}
LANGUAGE, ZOO = PAGES["language.md"], PAGES["zoo.md"]
GRAPHS = json.loads(RESULTS.read_text(encoding="utf-8"))

assert netlang.ops.conv


def examples() -> dict[str, Source]:
    """The whole networks among the fenced and the indented code, by the place where they begin."""
    found: dict[str, Source] = {}
    for name, text in PAGES.items():
        for code in re.finditer(r"^```net\n(.*?)^```|(?:^(?: {4}[^\n]*)?\n)+", text, re.M | re.S):
            net = dedent(code[1] or code[0])
            if re.search(r"^net \w", net, re.M):
                line = text[: code.start()].count("\n") + 1
                found[f"{name}:{line}"] = Source(str(ROOT / "example.net"), net)
    return found


EXAMPLES = examples()


@pytest.mark.parametrize("place", EXAMPLES)
def test_example(place: str) -> None:
    assert len(load(EXAMPLES[place])) > 1


def test_there_are_examples() -> None:
    pages = {place.partition(":")[0] for place in EXAMPLES}
    assert pages == {"README.md", "language.md", "training.md"}
    assert len(EXAMPLES) == sum(PAGES[page].count("```net\n") for page in pages)
    assert len(commands()) > 20
    assert {place.partition(":")[0] for place in listings()} == {"README.md", "language.md"}


def commands() -> list[str]:
    """The indented lines that call netlang, without their comments."""
    pages = PAGES.values()
    found = (re.findall(r"^ {4}netlang (\S.*?)(?: +#.*)?$", text, re.M) for text in pages)
    return list(dict.fromkeys(line for lines in found for line in lines))


@pytest.mark.parametrize("line", commands())
def test_a_command_has_what_it_is_given(line: str) -> None:
    command, *words = shlex.split(line)
    parser = netlang.commands._parser(command, netlang.commands._load(command))
    parser.parse_intermixed_args(words)  # exits where an option is unknown


def listings() -> dict[str, str]:
    """The mistakes that the pages show, by the place where each begins."""
    return {
        f"{name}:{text[: shown.start()].count(chr(10)) + 1}": dedent(shown[0])
        for name, text in PAGES.items()
        for shown in re.finditer(r"^ {4}error: .*\n(?: {4}.*\n)+", text, re.M)
    }


@pytest.mark.parametrize("shown", [pytest.param(s, id=p) for p, s in listings().items()])
def test_a_mistake_is_shown_as_it_is_told(shown: str) -> None:
    """Of the file that the page names, with the line that it shows."""
    name, number = re.findall(r"--> (\S+?):(\d+):", shown)[0]
    (line,) = re.findall(rf"^ *{number} \| (.*)", shown, re.M)
    path = ROOT / name
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[int(number) - 1] = line
    with pytest.raises(NetError) as caught:
        load(Source(str(path), "\n".join(lines)))
    assert str(caught.value).replace(str(path), name).strip() == shown.strip()


def snippets() -> dict[str, str]:
    """The fenced Python of all pages but the kernels', by the place where it begins."""
    return {
        f"{name}:{text[: code.start()].count(chr(10)) + 1}": code[1]
        for name, text in PAGES.items()
        for code in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S)
        if "@triton.jit" not in code[1]
    }


@pytest.mark.parametrize("code", [pytest.param(c, id=p) for p, c in snippets().items()])
def test_a_snippet_stands_alone(code: str) -> None:
    """Each name in it is made there, and what it takes from netlang is there."""
    nodes = list(ast.walk(ast.parse(code)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    imported = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    made = {name.id for name in names if not isinstance(name.ctx, ast.Load)} | {
        (alias.asname or alias.name).partition(".")[0] for node in imported for alias in node.names
    }
    assert {name.id for name in names} <= made | set(dir(builtins))
    for node in imported:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("netlang"):
            module = import_module(node.module or "")
            assert all(hasattr(module, alias.name) for alias in node.names)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_called_of_netlang_is_there_once_it_is_imported(page: str) -> None:
    called = re.findall(r"(?<!from )\bnetlang\.(\w+)[.(]", PAGES[page])
    assert set(called) <= set(netlang.__all__)


def test_the_words_that_a_drawing_takes_are_told() -> None:
    told = PAGES["drawing.md"].partition("takes several graphs, and of these\nwords")[2]
    words = re.findall(r"`(\w+)`", told.partition(";")[0])
    assert sorted(words) == sorted(field.name for field in fields(View))


RUN = {
    "convolutional": ("running.md", "import fully_convolutional"),
    "netlang": ("README.md", "netlang.compile("),
}
"""What runs offline and in a few seconds, by its page and what it calls."""


@pytest.mark.parametrize(("page", "call"), RUN.values(), ids=RUN)
def test_a_snippet_runs(
    page: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code,) = [c for place, c in snippets().items() if place.startswith(page) and call in c]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {})


def signature(cls: type) -> str:
    """The attributes as the tables write them."""
    written = [
        a.name if a.required else f"{a.name}={'kernel' if a.default is None else show(a.default)}"
        for a in attributes(cls)
    ]
    return f"`{', '.join(written)}`".replace(str(4 / 3), "4/3") if written else ""


@pytest.mark.parametrize("name", OPS)
def test_layer(name: str) -> None:
    table = LANGUAGE.partition("## Layers\n")[2].partition("### Conventions\n")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("|")]
    (row,) = [row for row in rows if f"`{name}`" in row[1]]
    assert row[2].strip() == signature(OPS[name])


@pytest.mark.parametrize("name", all_words())
def test_recipe_word(name: str) -> None:
    where = ", ".join(f"`{kind}`" for kind, words in RECIPES.items() if name in words)
    given = signature(all_words()[name])
    assert f"| `{name}` | {given} | {where} |".replace("|  |", "| |") in LANGUAGE


@pytest.mark.parametrize("name", zoo_networks())
def test_network(name: str) -> None:
    graph = inference(load(name))
    parameters, macs = (sum(map(count, graph)) for count in (graph.parameters, graph.macs))
    title = zoo_networks()[name].read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    assert f"| `{name}` | {title} | {parameters:,} | {macs:,} |" in ZOO


@pytest.mark.parametrize("name", sorted({run.__name__ for run in PIPELINE}))
def test_pass(name: str) -> None:
    rows = [line.split("|")[1] for line in PAGES["optimizer.md"].splitlines() if "|" in line]
    assert [row for row in rows if f"`{name}`" in row]


@pytest.mark.parametrize("name", netlang.commands.COMMANDS)
def test_command(name: str) -> None:
    assert f"\n| `{name}` | " in PAGES["README.md"]


def test_the_tables_of_the_optimizer_are_those_of_its_results() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == filled(page, TABLES, GRAPHS), "run `python -m benchmarks.graphs`"


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet20", "resnet50", "vgg16"])
def test_the_results_are_what_the_optimizer_gives_now(name: str) -> None:
    counted = GRAPHS["netlang"]["networks"]
    assert list(counted) == list(zoo_networks())
    assert counted[name] == list(stages(name)), "run `python -m benchmarks.graphs`"


def test_the_page_of_kernels_shows_them_as_they_are() -> None:
    page = kernels.PAGE.read_text(encoding="utf-8")
    assert page == kernels.filled(page), "run `python -m docs.kernels`"
    assert kernels.row("vgg16") in page
