"""Plans: every launch reads what was written, in memory that nobody else uses by then."""

from itertools import combinations
from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings

from netlang.ir.graph import Graph, verify
from netlang.ir.parser import parse_graph
from netlang.kernels import Conv, Copy, Linear
from netlang.lower import load
from netlang.passes import optimize
from netlang.plan import Constant, Input, Memory, Output, Plan, plan
from netlang.resources import zoo_networks
from tests.random_graphs import graphs


def planned(text: str) -> Plan:
    """The plan of a printed graph, as it is."""
    return plan(verify(parse_graph(text)))


def kinds(planned: Plan) -> list[str]:
    """What each launch's kernel is."""
    kernels = {function.name: type(function.kernel).__name__ for function in planned.functions}
    return [kernels[call.function] for call in planned.calls]


def require_sound(planned: Plan) -> None:
    """Raises where a launch reads memory that is not written or not its own any more."""
    buffers = {buffer.name: buffer for buffer in planned.buffers}
    written: set[str] = set()
    for moment, call in enumerate(planned.calls):
        *reads, target = call.arguments
        for argument in reads:
            assert not isinstance(argument, Memory) or argument.buffer in written
        for argument in call.arguments:
            if isinstance(argument, Memory):
                buffer = buffers[argument.buffer]
                assert buffer.first <= moment <= buffer.last
        if isinstance(target, Memory):
            written.add(target.buffer)
    for a, b in combinations(planned.buffers, 2):
        if a.first <= b.last and b.first <= a.last:
            assert a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
    assert all(b.offset + b.size <= planned.arena_bytes for b in planned.buffers)
    assert sum(isinstance(a, Output) for call in planned.calls for a in call.arguments) >= 1


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(graphs())
def test_plans_of_random_networks_are_sound(graph: Graph) -> None:
    for each in (graph, optimize(graph).graph):
        require_sound(plan(each))


@pytest.mark.parametrize("name", zoo_networks())
def test_plans_of_the_zoo(name: str) -> None:
    graph = optimize(load(name)).graph
    start = perf_counter()
    result = plan(graph)
    # A twelfth of that on a quiet machine: this is about 1,202 layers not being quadratic.
    assert perf_counter() - start < 2
    require_sound(result)
    assert result.arena_bytes <= 1.05 * result.arena_lower_bound


def test_a_launch_has_an_argument_for_each_parameter() -> None:
    result = plan(optimize(load("resnet20")).graph)
    parameters = {f.name: [p.role for p in f.kernel.parameters] for f in result.functions}
    for call in result.calls:
        for role, argument in zip(parameters[call.function], call.arguments, strict=True):
            constant = role in ("weight", "vector")
            assert isinstance(argument, Constant) == constant
    assert isinstance(result.calls[0].arguments[0], Input)
    assert isinstance(result.calls[-1].arguments[-1], Output)


def test_equal_kernels_are_one_function() -> None:
    result = plan(optimize(load("resnet152")).graph)
    assert len({f.kernel for f in result.functions}) == len(result.functions)
    assert len({f.name for f in result.functions}) == len(result.functions)
    assert sum(len(f.layers) for f in result.functions) == len(result.calls)
    # conv4_x repeats one bottleneck 35 times.
    assert max(len(f.layers) for f in result.functions) >= 35


def test_googlenet_concatenates_without_a_copy() -> None:
    assert "Copy" not in kinds(plan(optimize(load("googlenet")).graph))


def test_slices_need_no_launch_and_no_memory() -> None:
    result = planned("""graph slices {
  %input = input() shape=8x4x4 : 8x4x4
  %half = split(%input) parts=2, part=1 : 4x4x4
  %quarter = split(%half) parts=2, part=1 : 2x4x4
  %conv = conv(%quarter) kernel=1x1, out=4 : 4x4x4
  output %conv
}""")
    assert kinds(result) == ["FromNCHW", "Conv", "ToNCHW"]
    (conv,) = (f.kernel for f in result.functions if isinstance(f.kernel, Conv))
    assert (conv.x.view.stride, conv.x.view.offset) == (8, 6)


def test_a_value_that_is_wanted_twice_is_copied_once() -> None:
    result = planned("""graph twice {
  %input = input() shape=4x4x4 : 4x4x4
  %conv = conv(%input) kernel=1x1, out=8 : 8x4x4
  %concat = concat(%conv, %conv) : 16x4x4
  output %concat
}""")
    assert kinds(result) == ["FromNCHW", "Conv", "Copy", "ToNCHW"]
    (copy,) = (f.kernel for f in result.functions if isinstance(f.kernel, Copy))
    assert {copy.x.view.offset, copy.y.view.offset} == {0, 8}


def test_concatenations_nest() -> None:
    result = planned("""graph nested {
  %input = input() shape=4x4x4 : 4x4x4
  %a = conv(%input) kernel=1x1, out=2 : 2x4x4
  %b = conv(%input) kernel=1x1, out=3 : 3x4x4
  %inner = concat(%a, %b) : 5x4x4
  %c = conv(%inner) kernel=1x1, out=4 : 4x4x4
  %outer = concat(%c, %inner) : 9x4x4
  output %outer
}""")
    assert kinds(result) == ["FromNCHW", "Conv", "Conv", "Conv", "ToNCHW"]
    convs = [f.kernel for f in result.functions if isinstance(f.kernel, Conv)]
    assert [conv.y.view.offset for conv in convs] == [4, 6, 0]
    assert {conv.y.view.stride for conv in convs} == {9}


def test_a_vector_is_written_where_the_result_goes() -> None:
    text = """graph vector {
  %input = input() shape=4x4x4 : 4x4x4
  %fc = linear(%input) out=10 : 10
  output %fc
}"""
    assert kinds(planned(text)) == ["FromNCHW", "Linear"]
    (linear,) = (f.kernel for f in planned(text).functions if isinstance(f.kernel, Linear))
    assert linear.packing[0].shape == (10, 4, 4, 4)


def test_a_network_of_nothing() -> None:
    graph = parse_graph(
        "graph nothing {\n  %input = input() shape=3x4x5 : 3x4x5\n  output %input\n}"
    )
    assert kinds(plan(verify(graph))) == ["FromNCHW", "ToNCHW"]


def test_equal_weights_are_stored_once() -> None:
    result = planned("""graph tied {
  %input = input() shape=4x4x4 : 4x4x4
  %a = conv(%input) kernel=1x1, out=4 : 4x4x4
  %b = conv(%a) kernel=1x1, out=4 : 4x4x4
    where weight = a.weight
  output %b
}""")
    assert [w.name for w in result.weights] == ["a.weight", "a.bias", "b.bias"]
    a, b = (call.arguments for call in result.calls[1:3])
    assert a[1] == b[1] == Constant("a.weight")
