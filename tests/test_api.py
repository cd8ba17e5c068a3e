"""What `import netlang` gives, and what it costs."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import netlang
from netlang.ir.printer import print_graph


def test_importing_netlang_loads_nothing_but_the_means_to():
    code = "import netlang, sys; print([m for m in sys.modules if m.startswith('netlang.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['netlang.lazy']"


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


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"device": "h1000"}, "there is no device 'h1000'"),
        ({"precision": "fp16"}, "there is no precision 'fp16'"),
        ({"batch": 0}, "is no batch"),
    ],
)
def test_a_target_that_is_none(words: dict[str, Any], message: str):
    with pytest.raises(netlang.NetError, match=message):
        netlang.compile("resnet20", **words)


def test_a_graph_takes_no_parameters():
    graph = netlang.load("resnet20")
    with pytest.raises(TypeError, match="a graph has its parameters already: bacth"):
        netlang.compile(graph, bacth=8)
