"""What `import netlang` gives, and what it costs."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import netlang


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
