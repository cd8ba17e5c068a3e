"""Parameters given from outside, and what a file may hold beside its net."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from netlang.diagnostic import NetError, Source
from netlang.ir.graph import Graph
from netlang.lower import load

NET = (
    "net n(classes = 10, option = B, kernel = 3x3) { input 3x8x8; conv kernel, 4; linear classes }"
)


def lowered(text: str, **settings: Any) -> Graph:
    return load(Source("test.net", text), **settings)


@pytest.mark.parametrize(
    ("given", "classes"), [(7, 7), ("7", 7), (7.0, 7), ("7e0", 7), ("700%", 7)]
)
def test_a_setting_is_a_value_or_its_text(given: Any, classes: int) -> None:
    graph = lowered(NET, classes=given)
    assert graph[graph.output].type.shape == (classes,)


@pytest.mark.parametrize("kernel", ["5x5", (5, 5), 5])
def test_a_size_may_be_set(kernel: Any) -> None:
    assert "kernel=5x5" in str(lowered(NET, kernel=kernel)["conv_1"].op)


@pytest.mark.parametrize("mean", ["0.5:0.25:1", (0.5, 0.25, 1.0)])
def test_numbers_may_be_set(mean: Any) -> None:
    graph = lowered("net n(mean = 0.1) { input 3x8x8, mean=mean; relu }", mean=mean)
    assert "mean=0.5:0.25:1.0" in str(graph["input"].op)


def test_every_unknown_setting_is_named_with_what_there_is() -> None:
    with pytest.raises(NetError) as caught:
        lowered(NET, clases=3, colour=4)
    assert str(caught.value).splitlines() == [
        "error: the net 'n' has no parameter 'clases'",
        "  = help: did you mean 'classes'? its parameters are classes, option, kernel",
        "",
        "error: the net 'n' has no parameter 'colour'",
        "  = help: its parameters are classes, option, kernel",
    ]


@pytest.mark.parametrize(
    "value",
    [None, [3], (), (1, "2"), (1, 0.5), "9" * 5000, "1x" + "9" * 5000, "1e999", sys.float_info.max],
)
def test_a_setting_that_is_no_value_is_a_mistake(value: Any) -> None:
    with pytest.raises(NetError) as caught:
        lowered(NET, classes=value)
    assert str(caught.value)


@pytest.mark.parametrize("value", ["1/2", "0,5", ".5", "2 * 3", "1:", "3x"])
def test_a_setting_is_no_arithmetic(value: str) -> None:
    """One mistake, with its name, and not one at each place that needs a number."""
    net = "net n(width) { input 3x8x8; conv 3x3, 2 * width; linear width }"
    with pytest.raises(NetError) as caught:
        lowered(net, width=value)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.message == f"the parameter 'width' cannot be '{value}'"


def test_a_setting_may_be_a_text_that_begins_with_a_digit() -> None:
    graph = lowered('net n(kind = "1d" | "2d") { input 3; if kind == "2d" { relu } }', kind="2d")
    assert graph.output == "relu_1"


def test_a_net_may_have_any_parameter_name() -> None:
    text = "net n(network = 1, settings = 2) { input 3x8x8; linear network + settings }"
    graph = lowered(text, network=5)
    assert graph[graph.output].type.shape == (7,)


def test_an_instance_may_stand_beside_its_net() -> None:
    text = "net base(n) { input 3x8x8; linear n }\nnet ten(more = 0) = base(n = 10 + more)"
    graph = lowered(text, more=2)
    assert (graph.name, graph[graph.output].type.shape) == ("ten", (12,))


def test_a_computed_count_of_nothing_is_nothing() -> None:
    text = "net n(depth) { input 3x8x8; conv 3x3, 4; (depth - 1) x { conv 3x3, 4 } }"
    assert [len(lowered(text, depth=depth)) for depth in (1, 2, 3)] == [2, 3, 4]


def test_a_switch_is_no_number() -> None:
    text = "net n(act = on) { input 3x8x8; if act == 1 { relu } else { tanh } }"
    assert lowered(text).output == "tanh_1"


def test_no_name_of_a_layer_is_the_name_of_a_scope() -> None:
    body = "conv 3x3, 4 as projection; shortcut B { conv 3x3, 8 }; shortcut B { conv 3x3, 4 }"
    names = [node.name for node in lowered(f"net n {{ input 3x8x8; {body} }}")]
    scopes = {name.rpartition(".")[0] for name in names}
    assert "projection_2.conv" in names
    assert "projection_3.bn" in names
    assert not scopes & set(names)


def test_equal_definitions_of_two_files_are_no_ring(tmp_path: Path) -> None:
    (tmp_path / "inner.net").write_text("block a { relu }\nblock b { a }\n")
    (tmp_path / "outer.net").write_text('use b from "inner.net"\nblock a { b }\n')
    net = tmp_path / "net.net"
    net.write_text('use a from "outer.net"\nblock b { a }\nnet n { input 3x8x8 -> b }\n')
    assert [node.name for node in load(net)] == ["input", "b_1.a_1.b_1.a_1.relu_1"]


@pytest.mark.parametrize("path", ["a" * 5000, "loop.net", "..", "/", "link.net"])
def test_a_path_that_leads_nowhere_is_a_mistake(path: str, tmp_path: Path) -> None:
    (tmp_path / "loop.net").symlink_to("loop.net")
    (tmp_path / "link.net").symlink_to("/dev/zero")
    net = tmp_path / "net.net"
    net.write_text(f'use b from "{path}"\nnet n {{ input 3x8x8 -> b }}\n')
    with pytest.raises(NetError):
        load(net)
    with pytest.raises(NetError):
        load(tmp_path / path)


def test_a_file_without_end_is_not_read_to_the_end(tmp_path: Path) -> None:
    net = tmp_path / "net.net"
    net.write_text("net n { input 3x8x8 }\n" + "#" * 5_000_000)
    with pytest.raises(NetError, match="longer than any network"):
        load(net)
