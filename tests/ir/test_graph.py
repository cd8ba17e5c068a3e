"""The graph's invariants, and its text."""

import pytest

from netlang.diagnostic import NetError, Source
from netlang.ir.graph import InvariantError, verify
from netlang.ir.op import ShapeError
from netlang.ir.printer import print_graph
from netlang.ir.weights import DEEPEST
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize

GRAPH = """graph g {
  %input = input() shape=3x8x8, mean=0.5:0.25:1e-05, std=0.5 : 3x8x8
  %block.conv = conv(%input) kernel=1x7, out=3, pad=same -> add(_, %input) -> relu(_) : 3x8x8
    where weight = scale_rows(block.conv.weight, mul(bn.weight, inverse_deviation(bn.running_var, 1e-05)))
  %fc = linear(%block.conv) out=10, bias=off : 10
  output %fc
  head side %block.conv weight=0.3
}
"""


def test_text_is_read_back_to_the_same_graph() -> None:
    graph = verify(parse_graph(GRAPH))
    assert print_graph(graph) == GRAPH
    assert parse_graph(print_graph(graph)) == graph


def test_a_node_knows_whether_it_is_an_input() -> None:
    assert [node.name for node in parse_graph(GRAPH) if node.is_input] == ["input"]


COMPOSITE = """graph g {
  %x = input() shape=4x8x8 : 4x8x8
  %sum = conv(%x) kernel=1x1, out=8 + conv(%x) kernel=1x1, out=8, bias=off -> relu(_) : 8x8x8
    where a.weight = sum.w.weight, a.bias = add(sum.w.bias, sum.v.bias), b.weight = sum.v.weight
  %pooled = conv(%sum) kernel=3x3, out=8 -> relu(_) => maxpool(_) kernel=2x2 : 8x4x4
  %both = conv(%sum) kernel=1x1, out=4 -> add(_, %x) keep => conv(_) kernel=1x1, out=2 -> relu(_) : 6x8x8
  %beside = lrn(%x) => maxpool(_) kernel=1x1 | conv(%x) kernel=1x1, out=2 + conv(%x) kernel=1x1, out=2 : 6x8x8
  output %pooled
  head a %both weight=0.3
  head b %beside weight=0.3
}
"""


def test_what_one_kernel_computes_is_one_node() -> None:
    graph = verify(parse_graph(COMPOSITE))
    assert print_graph(graph) == COMPOSITE
    assert parse_graph(print_graph(graph)) == graph
    assert {node.name: list(graph.weights(node)) for node in graph if graph.weights(node)} == {
        "sum": ["a.weight", "a.bias", "b.weight"],
        "pooled": ["a.weight", "a.bias"],
        "both": ["a.weight", "a.bias", "b.weight", "b.bias"],
        "beside": ["b.a.weight", "b.a.bias", "b.b.weight", "b.b.bias"],
    }
    # Multiply-adds: 64 pixels, 4 channels to 8, twice; 8 to 8 at nine taps; 8 to 4 to 2; 4 to 2.
    assert [graph.macs(node) for node in graph] == [0, 4096, 36864, 2560, 1024]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("out=8, bias=off", "out=6, bias=off", "a sum of 8x8x8 and 6x8x8"),
        ("kernel=1x1 |", "kernel=2x2 |", "results of 4x4x4 and 2x8x8 have no one height and width"),
        ("lrn(%x) =>", "add(%x, %x) =>", "'add' takes any number of values"),
    ],
)
def test_parts_that_do_not_fit_are_refused(old: str, new: str, message: str) -> None:
    assert old in COMPOSITE
    with pytest.raises(ShapeError, match=message):
        verify(parse_graph(COMPOSITE.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("out=10, bias=off : 10", "out=10, bias=off : 11", "%fc is a 10, not a 11"),
        ("%fc = ", "%input = ", "%input is defined twice"),
        ("linear(%block.conv)", "linear(%later)", "%fc reads %later before it is defined"),
        ("output %fc", "output %gone", "the result %gone is not defined"),
        (": 10", ": 10 where wait = fc.weight", "%fc has no weight 'wait': it has weight"),
        (": 10", ": 10 where weight = a.b, weight = c.d", "%fc has two weights 'weight'"),
    ],
)
def test_verify_refuses(old: str, new: str, message: str) -> None:
    assert old in GRAPH
    with pytest.raises(InvariantError, match=message):
        verify(parse_graph(GRAPH.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("linear(", "liner(", "there is no layer 'liner'"),
        ("bias=off", "bas=off", "there is no attribute 'bas' here"),
        ("bias=off", "bias=7", "'bias' is 'on' or 'off', not 7"),
        ("out=10, ", "", "'linear' needs 'out'"),
        ("output %fc", "output fc", "this is not a printed graph"),
        ("}", "", "this is not a printed graph"),
        (": 10", "=> relu(%input) : 10", "behind '=>' an operator reads '_' first"),
        (": 10", "=> add() : 10", "behind '=>' an operator reads '_' first"),
        (": 10", "-> relu() : 10", "'relu' reads 1 value(s), and gets 0"),
        ("linear(%block.conv)", "linear()", "'linear' reads 1 value(s), and gets 0"),
        (": 10", ": 1e1", "a type is whole numbers such as 8x4x4, not 1e1"),
        ("out=10, ", "out=9, out=10, ", "'out' is given twice"),
        (": 10", ": 10 where weight = nonsense(a)", "no weight is made with 'nonsense'"),
    ],
)
def test_a_wrong_text_is_a_located_error(old: str, new: str, message: str) -> None:
    assert old in GRAPH
    with pytest.raises(NetError) as caught:
        parse_graph(GRAPH.replace(old, new), "g.ir")
    assert message in str(caught.value)
    assert "--> g.ir:" in str(caught.value)


def test_a_kernel_has_a_letter_for_each_part() -> None:
    text = "graph g {{ %x = input() shape=3x8x8 : 3x8x8 %y = {} : {}x8x8 output %y }}"
    conv = "conv(%x) kernel=1x1, out=1"
    most = parse_graph(text.format(" | ".join([conv] * 26), 26))
    assert len(verify(most).weights(most["y"])) == 52
    with pytest.raises(ShapeError, match="a kernel has at most 26 parts, not 27"):
        verify(parse_graph(text.format(" | ".join([conv] * 27), 27)))


def test_negative_numbers_are_read_as_they_are_printed() -> None:
    mean = "graph g { %x = input() shape=3x4x4, mean=-1.0:0.5:-0.25 : 3x4x4 output %x }"
    graph = parse_graph(mean)
    assert parse_graph(print_graph(graph)) == graph
    assert "mean=-1.0:0.5:-0.25" in print_graph(graph)


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 10_000])
def test_functions_nest_within_a_limit(depth: int) -> None:
    bias = "add(" * depth + "c.bias" + ", 1)" * depth
    text = f"graph g {{ %c = input() shape=3 : 3 where bias = {bias} output %c }}"
    if depth == DEEPEST:
        assert f"bias = {bias}" in print_graph(parse_graph(text)).replace("1.0", "1")
    else:
        with pytest.raises(NetError, match=f"functions nest more than {DEEPEST} deep"):
            parse_graph(text)


@pytest.mark.parametrize("count", [80, 300])
def test_what_folding_nests_is_read_back(count: int) -> None:
    text = f"net n {{ input 3x8x8; conv 3x3, 4; repeat {count} {{ bn }} }}"
    folded = optimize(load(Source("n.net", text))).graph
    assert len(folded) == 2
    assert parse_graph(print_graph(folded)) == folded
