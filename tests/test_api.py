"""What `import netlang` gives, and what it costs."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import netlang
from netlang.ir.printer import print_graph


def test_importing_netlang_loads_nothing_but_the_means_to():
    code = "import netlang, sys; print([m for m in sys.modules if m.startswith('netlang.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['netlang.ground', 'netlang.ground.lazy']"


@pytest.mark.parametrize("name", netlang.__all__)
def test_every_public_name_is_there_and_documented(name: str):
    assert getattr(netlang, name).__doc__
    assert name in dir(netlang)


def test_names_for_the_type_checker_are_those_at_run_time():
    tree = ast.parse(Path(netlang.__file__).read_text())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    for node in imports:
        for alias in node.names:
            public = alias.asname or alias.name
            if public in netlang.__all__:
                source = getattr(import_module(str(node.module)), alias.name)
                assert getattr(netlang, public) is source


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="'netlang' has no attribute 'lod'"):
        netlang.lod  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]


def test_a_graph_becomes_a_module_as_method_and_as_function():
    graph = netlang.load("resnet20")
    names = list(netlang.random_weights(graph))
    assert list(graph.to_torch().state_dict()) == names
    assert list(netlang.to_torch(graph).state_dict()) == names


def test_a_graph_tells_what_it_is_in_a_line_and_all_of_it_as_text():
    graph = netlang.load("resnet20")
    assert repr(graph) == f"<Graph resnet20: 3x32x32 -> 10, {len(graph)} nodes>"
    assert str(graph) == print_graph(graph)


def test_a_picture_is_shown_by_a_notebook_and_saved_by_its_suffix(tmp_path: Path):
    graphs = netlang.load("plain20"), netlang.load("resnet20")
    picture = netlang.draw(*graphs, depth=0, title="Twins")
    assert picture._repr_svg_().startswith("<?xml")
    assert "Twins" in picture._repr_svg_()
    assert picture == netlang.draw(*graphs, depth=0, title="Twins") != netlang.draw(*graphs)
    for suffix, magic in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")):
        picture.save(tmp_path / f"twins{suffix}")
        assert (tmp_path / f"twins{suffix}").read_bytes().startswith(magic)
    with pytest.raises(netlang.NetError, match=r"no picture ends in '\.gif'"):
        picture.save(tmp_path / "twins.gif")
    assert not (tmp_path / "twins.gif").exists()


def test_a_group_to_expand_is_that_group_alone():
    graph = netlang.load("resnet18")
    assert netlang.draw(graph, expand="conv2_x") == netlang.draw(graph, expand=("conv2_x",))
    with pytest.raises(netlang.NetError, match="there is no theme 'lihgt'"):
        netlang.draw(graph, theme="lihgt")  # pyright: ignore[reportArgumentType]


NET = "net n { input 3x8x8; conv 3x3, 4 -> bn -> relu; avgpool global; linear 5 }"

TAKERS: dict[str, Callable[[Any], object]] = {
    "adopt_weights": lambda net: [*netlang.adopt_weights(net, netlang.random_weights(net), True)],
    "compile": lambda net: str(netlang.compile(net).graph),
    "draw": lambda net: netlang.draw(net, net),
    "optimize": lambda net: str(netlang.optimize(net).graph),
    "random_weights": lambda net: [*netlang.random_weights(net)],
    "to_torch": lambda net: [*netlang.to_torch(net).state_dict()],
}
"""What takes a network, and something of what it gives."""


@pytest.mark.parametrize("name", TAKERS)
def test_a_network_is_a_graph_or_its_name(name: str, tmp_path: Path):
    path, taker = tmp_path / "n.net", TAKERS[name]
    path.write_text(NET)
    graph = netlang.load(path)
    assert taker(path) == taker(str(path)) == taker(graph)
    with pytest.raises(netlang.NetError, match="no network of the zoo named 'resnet17'"):
        taker("resnet17")


@pytest.mark.parametrize("name", TAKERS)
@pytest.mark.parametrize("thing", [None, 18, ["resnet18"]], ids=repr)
def test_anything_else_is_no_network(name: str, thing: Any):
    with pytest.raises(TypeError, match=f"{re.escape(repr(thing))} is no network: give a graph, "):
        TAKERS[name](thing)


def test_nothing_is_no_drawing():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'network'"):
        netlang.draw()  # pyright: ignore[reportCallIssue]


WIDE = netlang.Target.of("a100-80gb", "tf32", 256)


@pytest.mark.parametrize(
    "words",
    [
        {"target": WIDE},
        {"device": "a100-80gb", "precision": "tf32", "batch": 256},
        {"target": netlang.Target.of(batch=256), "device": "a100-80gb", "precision": "tf32"},
        {"target": netlang.Target.of("a100-80gb", "tf32"), "batch": 256},
    ],
    ids=lambda words: ", ".join(words),
)
def test_whoever_makes_fast_takes_a_target_in_the_same_words(words: dict[str, Any]):
    compiled = netlang.compile("googlenet", **words)
    assert compiled.plan.target == WIDE
    assert netlang.optimize("googlenet", **words).graph == compiled.optimized.graph
    assert compiled.optimized.graph != netlang.optimize("googlenet").graph


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"device": "h1000"}, "there is no device 'h1000'"),
        ({"precision": "fp16"}, "there is no precision 'fp16'"),
        ({"batch": 0}, "a batch of 0 images is none"),
    ],
)
def test_a_target_that_is_none(words: dict[str, Any], message: str):
    for make in (netlang.compile, netlang.optimize):
        with pytest.raises(netlang.NetError, match=message):
            make("resnet20", **words)


def test_a_graph_takes_no_parameters():
    graph = netlang.load("resnet20")
    for make in (netlang.compile, netlang.optimize):
        with pytest.raises(TypeError, match="a graph has its parameters already: bacth"):
            make(graph, bacth=8)
        with pytest.raises(netlang.NetError, match="'bacth'"):
            make("resnet20", bacth=8)


def test_parameters_of_a_net_stand_beside_the_words_of_a_target():
    graph = netlang.load("resnet20", classes=7)
    for made in (netlang.compile("resnet20", classes="7", batch=2).graph, graph):
        assert made[made.output].type.shape[0] == 7
    assert (
        netlang.optimize("resnet20", classes=7, batch=2).graph
        == netlang.optimize(graph, batch=2).graph
    )
