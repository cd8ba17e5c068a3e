"""A tree that is written out reads back as the same tree."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlang.diagnostic import Source, Span
from netlang.ground.resources import zoo_dir
from netlang.syntax import ast
from netlang.syntax.formatter import format
from netlang.syntax.parser import parse, read
from netlang.syntax.tables import keywords

NOWHERE = Span(Source("", ""), 0, 0)


def node(kind: type[ast.Tree], *fields: st.SearchStrategy[object]) -> st.SearchStrategy[ast.Tree]:
    return st.builds(kind, *fields, span=st.just(NOWHERE))


def several(items: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[object]:
    return st.lists(items, min_size=least, max_size=2).map(tuple)


def maybe(items: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | items


def words(alphabet: str = "abxn_19") -> st.SearchStrategy[str]:
    return st.from_regex(f"[a-z_][{alphabet}]{{0,3}}", fullmatch=True)


NAMES = node(ast.Name, (words() | st.just("X")).filter(lambda word: word not in keywords()))
NUMBERS = st.integers(0, 10**15) | st.floats(0, 10**15)
TEXTS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters='"\r\n'), max_size=9
)
SIGNS = ["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or"]

EXPRS = st.recursive(
    node(ast.Number, NUMBERS)
    | node(ast.SizeLiteral, st.lists(st.integers(0, 999), min_size=2, max_size=4).map(tuple))
    | node(ast.Switch, st.booleans())
    | node(ast.Text, TEXTS)
    | NAMES,
    lambda inner: (
        node(ast.Unary, st.sampled_from(["-", "not"]), inner)
        | node(ast.Binary, st.sampled_from(SIGNS), inner, inner)
    ),
    max_leaves=5,
)
GIVEN = st.recursive(EXPRS, lambda inner: node(ast.Conditional, EXPRS, inner, inner), max_leaves=4)
ARGUMENTS = several(node(ast.Argument, maybe(NAMES), EXPRS))
CALLS = node(ast.Call, NAMES, ARGUMENTS)


def bodies(elements: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Bodies of statements, whose chains are of the elements given."""
    links = node(ast.Link, elements, maybe(NAMES))
    chains = node(ast.Chain, several(NAMES), several(links, least=1))
    lets = node(ast.Let, NAMES, GIVEN)
    recipes = node(ast.Recipe, node(ast.Name, st.sampled_from(["train", "eval"])), several(CALLS))
    inner = node(ast.Body, several(chains))
    auxes = node(ast.Aux, NAMES, ARGUMENTS, inner)
    return node(ast.Body, several(chains | lets | recipes | auxes))


def nested(elements: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Elements that hold bodies of the elements given."""
    body = bodies(elements)
    once = (
        node(ast.Repeat, EXPRS, maybe(NAMES), body)
        | node(ast.Group, NAMES, body)
        | node(ast.Shortcut, maybe(EXPRS), st.none(), body)
        | node(ast.Shortcut, st.none(), body, body)
        | node(ast.Branches, maybe(EXPRS), several(body, least=1))
        | node(ast.Choice, EXPRS, body, maybe(body))
    )
    return once | node(ast.Times, EXPRS, CALLS | body | once)


BODIES = bodies(st.recursive(CALLS, nested, max_leaves=4))
PARAMS = several(
    node(ast.Param, NAMES) | node(ast.Param, NAMES, EXPRS, st.lists(EXPRS, max_size=2).map(tuple))
)
USES = node(ast.Use, several(NAMES, least=1), node(ast.Text, TEXTS))
BLOCKS = node(ast.Block, NAMES, PARAMS, BODIES)
NETS = node(ast.Net, NAMES, PARAMS, BODIES) | node(ast.Instance, NAMES, PARAMS, NAMES, ARGUMENTS)
FILES = node(ast.File, several(USES), several(BLOCKS), several(NETS, least=1))


def again(text: str) -> ast.File:
    return parse(Source("test.net", text))


@settings(deadline=None, max_examples=100)
@given(FILES)
def test_any_tree_reads_back(file: ast.File):
    text = format(file)
    assert again(text) == file
    assert format(again(text)) == text


@pytest.mark.parametrize("path", sorted(zoo_dir().rglob("*.net")), ids=lambda path: path.stem)
def test_the_zoo_reads_back(path: Path):
    file = parse(read(path))
    assert again(format(file)) == file


def test_layout():
    text = """\
use basic, bottleneck from "blocks/residual.net"
block b(n, m = 2 * n) { shortcut via { conv 1x1, n } { conv 3x3, -n -> bn } -> relu; let k = n % 2 }
net a(classes = 10) {
  input 3x8x8 -> (classes - 1) x b 64
  branches { | b 1; relu | | if classes < 3 { b 2 } else if classes == 40% { } else { b 3 } -> bn }
  aux head, weight=0.3 { linear classes }
  train { sgd lr=1e-4, momentum=0.9; batch 128 }
}
net c = a(classes=on)
"""
    assert format(again(text)) == """\
use basic, bottleneck from "blocks/residual.net"

block b(n, m = 2 * n) {
  shortcut via {
    conv 1x1, n
  } {
    conv 3x3, -n -> bn
  } -> relu
  let k = n % 2
}

net a(classes = 10) {
  input 3x8x8 -> (classes - 1) x b 64
  branches {
    | b 1
      relu
    |
    | if classes < 3 {
        b 2
      } else if classes == 0.4 { } else {
        b 3
      } -> bn
  }
  aux head, weight=0.3 {
    linear classes
  }
  train {
    sgd lr=0.0001, momentum=0.9
    batch 128
  }
}

net c = a(classes=on)
"""  # fmt: skip
