"""The documents say what is so: their examples load, their tables are those of the code."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from textwrap import dedent

import pytest

import netlang.commands
import netlang.ops
from benchmarks.graphs import RESULTS, stages
from benchmarks.markdown import filled
from benchmarks.tables import PAGE, TABLES
from docs import kernels
from netlang.diagnostic import Source
from netlang.ir.attributes import attributes, show
from netlang.ir.op import OPS
from netlang.lower import load
from netlang.recipe import RECIPES, all_words
from netlang.resources import zoo_networks
from netlang.summary import inference

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
