"""The graph's invariants, and its text."""

import pytest

import netlang.ops as _ops  # fills the registry of operators
from netlang.diagnostic import NetError
from netlang.ir.graph import InvariantError, verify
from netlang.ir.parser import parse_graph
from netlang.ir.printer import print_graph

assert _ops

GRAPH = """graph g {
  %input = input() shape=3x8x8 : 3x8x8
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


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("out=10, bias=off : 10", "out=10, bias=off : 11", "%fc is a 10, not a 11"),
        ("%fc = ", "%input = ", "%input is defined twice"),
        ("linear(%block.conv)", "linear(%later)", "%fc reads %later before it is defined"),
        ("output %fc", "output %gone", "the result %gone is not defined"),
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
    ],
)
def test_a_wrong_text_is_a_located_error(old: str, new: str, message: str) -> None:
    assert old in GRAPH
    with pytest.raises(NetError) as caught:
        parse_graph(GRAPH.replace(old, new), "g.ir")
    assert message in str(caught.value)
    assert "--> g.ir:" in str(caught.value)
