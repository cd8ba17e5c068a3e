"""Plans: every launch reads what was written, in memory that nobody else uses by then."""

from dataclasses import replace
from itertools import combinations, pairwise, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlang.device import Target
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph, verify
from netlang.kernels import (
    BackToBack,
    Conv,
    Copy,
    Kernel,
    Layer,
    Linear,
    Operand,
    Parameter,
    Pointwise,
    Together,
    View,
)
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize
from netlang.plan import Buffer, Constant, Input, Memory, Output, Plan, plan
from tests.effort import calls
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
    kernels = {function.name: function.kernel for function in planned.functions}
    intact: set[str] = set()
    for moment, call in enumerate(planned.calls):
        kernel = kernels[call.function]
        pairs = zip(kernel.parameters, call.arguments, strict=True)
        memory = [(p, a.buffer) for p, a in pairs if isinstance(a, Memory)]
        for _, name in memory:
            assert buffers[name].first <= moment <= buffers[name].last
        written = {name for p, name in memory if p.role == "output"}
        read = [name for p, name in memory if p.role != "output"]
        assert set(read) <= intact
        assert not any(overlap(buffers[a], buffers[b]) for a, b in combinations(written, 2))
        lost = {
            name
            for name in intact - written
            if any(overlap(buffers[name], buffers[target]) for target in written)
        }
        for source, name in memory:
            if name in lost:
                assert read.count(name) == 1
                (target,) = (
                    (p, other)
                    for p, other in memory
                    if p.role == "output" and overlap(buffers[name], buffers[other])
                )
                assert reads_what_it_writes(kernel, source, target[0])
                assert place_of(buffers[name]) == place_of(buffers[target[1]])
        intact = intact - lost | written
    assert all(b.offset + b.size <= planned.arena_bytes for b in planned.buffers)
    assert planned.arena_lower_bound <= planned.arena_bytes
    assert sum(isinstance(a, Output) for call in planned.calls for a in call.arguments) >= 1


def overlap(a: Buffer, b: Buffer) -> bool:
    """Whether two buffers share a byte."""
    return a.offset < b.offset + b.size and b.offset < a.offset + a.size


def place_of(buffer: Buffer) -> tuple[int, int]:
    """Its bytes in the arena."""
    return buffer.offset, buffer.size


def reads_what_it_writes(kernel: Kernel, source: Parameter, target: Parameter) -> bool:
    """Whether a kernel reads an element of a source only to write the same one of a target.

    That is the residual of a sum, or what a pointwise kernel is applied to, both of them whole.
    """
    if isinstance(kernel, Together):
        letter = source.name[-1]
        part = kernel.parts["abcdefgh".index(letter)]
        bare = (replace(p, name=p.name.removesuffix(f"_{letter}")) for p in (source, target))
        return target.name[-1] == letter and reads_what_it_writes(part, *bare)
    assert isinstance(kernel, Layer)
    number = int(source.name[-1]) if source.role == "tensor" else 0
    if isinstance(kernel, BackToBack):
        first = kernel.first
        before = len(first.epilogue.tensors)
        if target.name == "y0" and kernel.keep:
            return number < before and writes_over(first, source, number)
        return number >= before and writes_over(kernel, source, number - before)
    return not kernel.into and writes_over(kernel, source, number)


def writes_over(kernel: Layer, source: Parameter, number: int) -> bool:
    """The same of a kernel with one result; `number` is that of an epilogue's tensor."""
    y = kernel.y
    if y.view != View(y.channels) or source.dtype != kernel.y_dtype:
        return False
    if source.role == "tensor":
        return kernel.epilogue.tensors[number] == Operand(y.view)
    return source.role == "input" and isinstance(kernel, Pointwise) and kernel.x == y


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
@given(graphs(), st.sampled_from((1, 256)))
def test_plans_of_random_networks_are_sound(graph: Graph, batch: int) -> None:
    for each in (graph, optimize(graph, target=Target(batch=batch)).graph):
        require_sound(plan(each, Target(batch=batch)))


@pytest.mark.parametrize("name", zoo_networks())
def test_plans_of_the_zoo(name: str) -> None:
    result = plan(optimize(load(name)).graph)
    require_sound(result)
    assert result.arena_bytes <= 1.001 * result.arena_lower_bound


def test_planning_is_near_linear() -> None:
    deep, deepest = (optimize(load(name)).graph for name in ("resnet110", "resnet1202"))
    # By residual blocks, and a tenth more for what is remembered of the one or the other.
    assert calls(lambda: plan(deepest)) < 1.1 * 600 / 54 * calls(lambda: plan(deep))


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


def handed_over(text: str) -> set[tuple[str, str]]:
    """Which buffer of a printed graph's plan is written over which, if the plan is sound."""
    require_sound(result := planned(text))
    pairs = permutations(result.buffers, 2)
    return {(a.name, b.name) for a, b in pairs if a.last == b.first and overlap(a, b)}


def test_sums_are_written_over_what_they_add() -> None:
    text = """graph stage {
  %input = input() shape=4x4x4 : 4x4x4
  %a = conv(%input) kernel=1x1, out=8 : 8x4x4
  %b = conv(%a) kernel=3x3, out=8 : 8x4x4
  %c = conv(%b) kernel=3x3, out=8 -> add(_, %a) : 8x4x4
  %d = conv(%c) kernel=3x3, out=8 : 8x4x4
  %e = conv(%d) kernel=3x3, out=8 -> add(%c, _) : 8x4x4
  %f = lrn(%e) : 8x4x4
  %g = add(%f, %e) : 8x4x4
  output %g
}"""
    assert handed_over(text) == {("a", "c"), ("c", "e"), ("e", "g")}


def test_pointwise_operators_are_written_over_their_input() -> None:
    text = """graph pointwise {
  %input = input() shape=4x4x4 : 4x4x4
  %a = relu(%input) : 4x4x4
  %b = lrn(%a) : 4x4x4
  %c = sigmoid(%b) : 4x4x4
  output %c
}"""
    assert handed_over(text) == {("input", "a"), ("b", "c")}


STAYS = {
    "its neighbours are read too": """
  %last = conv(%a) kernel=3x3, out=4 -> add(_, %a) : 4x4x4""",
    "it is wanted later": """
  %b = lrn(%a) : 4x4x4
  %y = conv(%b) kernel=3x3, out=4 -> add(_, %a) : 4x4x4
  %gate = avgpool(%a) kernel=global : 4x1x1
  %last = conv(%y) kernel=3x3, out=4 -> mul(_, %gate) : 4x4x4""",
    "it is a slice": """
  %b = conv(%input) kernel=1x1, out=8 : 8x4x4
  %half = split(%b) parts=2, part=0 : 4x4x4
  %last = conv(%input) kernel=3x3, out=4 -> add(_, %half) : 4x4x4""",
    "the result is a slice": """
  %b = conv(%a) kernel=3x3, out=4 : 4x4x4
  %y = conv(%b) kernel=3x3, out=4 -> add(_, %a) : 4x4x4
  %last = concat(%y, %b) : 8x4x4""",
}


@pytest.mark.parametrize("reason", STAYS)
def test_what_is_not_written_over(reason: str) -> None:
    text = f"""graph stays {{
  %input = input() shape=4x4x4 : 4x4x4
  %a = conv(%input) kernel=1x1, out=4 : 4x4x4{STAYS[reason]}
  output %last
}}"""
    assert not handed_over(text)


@pytest.mark.parametrize("batch", [1, 256])
def test_a_stage_of_bottlenecks_carries_one_buffer_along(batch: int) -> None:
    graph = optimize(load("resnet50"), target=Target(batch=batch)).graph
    buffers = {buffer.name: buffer for buffer in plan(graph, Target(batch=batch)).buffers}
    sums = ["bottleneck_1.projection.conv", "bottleneck_2.conv_3", "bottleneck_3.conv_3"]
    for before, after in pairwise(buffers[f"conv3_x.{name}"] for name in sums):
        # Each is a result that its kernel keeps, while it is multiplied on.
        assert before.last == after.first
        assert place_of(before) == place_of(after)


def test_an_input_in_place_beside_a_copy_comes_in_as_itself() -> None:
    """The one launch of the concat copies the other operand."""
    found = planned("""graph g {
  %a = input() shape=3x8x8 : 3x8x8
  %b = input() shape=8x8x8 : 8x8x8
  %s = split(%b) parts=2, part=0 : 4x8x8
  %c = concat(%a, %s) : 7x8x8
  %r = conv(%c) kernel=1x1, out=5 : 5x8x8
  output %r
}""")
    assert kinds(found) == ["FromNCHW", "FromNCHW", "Copy", "Conv", "ToNCHW"]
    require_sound(found)


READ_BEHIND = """graph g {
  %x = input() shape=16x1x1 : 16x1x1
  %a = conv(%x) kernel=1x1, out=16 : 16x1x1
  %b = conv(%a) kernel=1x1, out=16 : 16x1x1
  %c = concat(%a, %b) : 32x1x1
  output %c
}"""


@pytest.mark.parametrize("batch", [1, 256])
@pytest.mark.parametrize("name", [*zoo_networks(), ""])
def test_memory_holds_numbers_of_the_type_that_kernels_are_compiled_for(
    name: str, batch: int
) -> None:
    target = Target(batch=batch)
    graph = optimize(load(name), target=target).graph if name else parse_graph(READ_BEHIND)
    found = plan(graph, target)
    kernels = {function.name: function.kernel for function in found.functions}
    for call in found.calls:
        for parameter, argument in zip(
            kernels[call.function].parameters, call.arguments, strict=True
        ):
            if isinstance(argument, Input):
                assert parameter.dtype == "float32"
            elif isinstance(argument, Memory):
                assert parameter.dtype == "float16"
            elif isinstance(argument, Output):
                # Numbers are rounded as they are written; nothing is read there.
                assert parameter.role == "output"
