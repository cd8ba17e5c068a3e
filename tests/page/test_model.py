"""The network as the page's scripts get it, against the graph."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netlang.backends.draw.column import Column
from netlang.backends.page.model import network, whole
from netlang.ground.resources import zoo_dir
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize

NETWORKS = ("resnet34", "googlenet", "resnet152", "resnet20", "alexnet")


def boxes(told: dict[str, Any]) -> list[dict[str, Any]]:
    """All boxes with their full names, and what they read as numbers of boxes."""
    found: list[dict[str, Any]] = []

    def visit(form: dict[str, Any], path: str, entries: list[int]) -> None:
        start = len(found)

        def number(ref: int) -> int:
            return entries[~ref] if ref < 0 else start + ref

        for item in form["items"]:
            for part in item.get("members", [item]):
                name = f"{path}{part['name']}"
                if "form" in part:
                    inner = [number(ref) for ref in part["reads"]]
                    visit(told["forms"][part["form"]], f"{name}.", inner)
                else:
                    reads = [(number(ref), kind) for ref, kind in part["reads"]]
                    nodes = [f"{path}{node[0]}" for node in part["nodes"]]
                    found.append({**part, "path": name, "reads": reads, "names": nodes})

    visit(told["forms"][told["root"]], "", [])
    return found


def column(name: str, optimized: bool) -> Column:
    return whole(optimize(load(name)).graph if optimized else load(name))


@pytest.mark.parametrize("optimized", [False, True])
@pytest.mark.parametrize("name", NETWORKS)
def test_it_holds_every_layer_and_every_line(name: str, optimized: bool) -> None:
    drawn = column(name, optimized)
    told = boxes(network(drawn, {}))
    graph = drawn.folded.graph
    assert {box["path"] for box in told} == {box.name for box in drawn.boxes}
    own = [node for box in told for node in zip(box["names"], box["nodes"], strict=True)]
    assert sum(numbers[2] for _, numbers in own) == sum(map(graph.parameters, graph))
    assert sum(numbers[3] for _, numbers in own) == sum(map(graph.macs, graph))
    assert all(numbers[2] == graph.parameters(graph[node]) for node, numbers in own)
    lines = {(told[s]["path"], box["path"], kind) for box in told for s, kind in box["reads"]}
    assert lines == {(x.source.name, x.target.name, x.kind) for x in drawn.links}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_layer_has_its_line_of_source(name: str) -> None:
    told = network(column(name, False), {})
    graph = load(name)
    for box in boxes(told):
        for node, (*_, place) in zip(box["names"], box["nodes"], strict=True):
            file, line, text = told["places"][place]
            span = graph[node].origin[0].span
            assert line == span.source.place(span.start)[0]
            assert zoo_dir().parent / file == Path(span.source.name).absolute()
            assert text == span.source.line(line).strip()


@pytest.mark.parametrize(
    ("folder", "written", "name"),
    [
        (".", "nets/own.net", "nets/own.net"),
        ("beside", "../nets/own.net", "../nets/own.net"),
        (".", "{folder}/nets/own.net", "nets/own.net"),
        ("beside", "{folder}/nets/own.net", "own.net"),
    ],
)
def test_a_page_knows_nothing_of_this_machine_s_folders(
    folder: str, written: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("nets", "beside"):
        (tmp_path / each).mkdir()
    block = 'use basic from "blocks/residual.net"'
    text = f"{block}\nnet own {{ input 3x8x8; conv 3x3, 8; basic 8, A; avgpool global }}"
    (tmp_path / "nets" / "own.net").write_text(text)
    monkeypatch.chdir(tmp_path / folder)
    told = network(whole(load(written.format(folder=tmp_path))), {})
    assert {file for file, *_ in told["places"]} == {name, "zoo/blocks/residual.net"}


def scopes(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for form in told["forms"]:
        for item in form["items"]:
            yield from (part for part in item.get("members", [item]) if "form" in part)


def test_a_block_has_the_line_that_calls_it() -> None:
    told = network(column("resnet152", False), {})
    calls = {told["places"][s["place"]][2] for s in scopes(told) if "bottleneck" in s["name"]}
    assert len(calls) == 4
    assert all("bottleneck" in call for call in calls)


def test_alike_blocks_are_written_once() -> None:
    told = network(column("resnet1202", False), {})
    members = [s for s in scopes(told) if s["name"].startswith("basic")]
    assert len(members) == 600
    assert len({member["form"] for member in members}) == 5
    assert len(str(told)) < 150_000


@pytest.mark.parametrize(("second", "folds"), [("one", True), ("other", False)])
def test_a_repeat_of_other_names_is_not_told_as_one(second: str, folds: bool) -> None:
    graph = parse_graph(f"""
    graph g {{
      %input = input() shape=8x4x4 : 8x4x4
      %a_1.one = conv(%input) kernel=3x3, out=8 : 8x4x4
      %a_1.two = conv(%a_1.one) kernel=3x3, out=8 : 8x4x4
      %a_2.{second} = conv(%a_1.two) kernel=3x3, out=8 : 8x4x4
      %a_2.two = conv(%a_2.{second}) kernel=3x3, out=8 : 8x4x4
      %last = conv(%a_2.two) kernel=3x3, out=8 : 8x4x4
      output %last
    }}
    """)
    told = network(whole(graph), {})
    assert ["members" in item for item in told["forms"][told["root"]]["items"]].count(True) == folds
    names = f"input a_1.one a_1.two a_2.{second} a_2.two last"
    assert [box["path"] for box in boxes(told)] == names.split()


def test_what_heads_count_is_told_apart() -> None:
    totals = {
        name: network(column(name, False), {})["totals"] for name in ("googlenet", "resnet34")
    }
    assert totals == {
        "googlenet": "7.00M params, 1.58G MACs; 13.4M params in training",
        "resnet34": "21.8M params, 3.66G MACs",
    }
    assert network(column("googlenet", True), {})["totals"] == "7.00M params, 1.58G MACs"
