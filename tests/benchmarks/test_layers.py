"""A layer alone: the same kernel in several places, and torch's kernels for the same operators."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.gpu.case import Case, Layer, compiled, products
from benchmarks.gpu.layers import MOST, Noise, OfTorch, copies, repeated, results
from netlang.backends.triton.artifact import write_artifact
from netlang.lower.printed import parse_graph
from netlang.plan import Constant, Counters, Input, Memory, Output, Plan
from tests.kernels.launch import interpreted

CASE = Case("resnet20", 2, "float32")
COPIES = 3


def in_places(folder: Path, size: int) -> list[tuple[Tensor, Tensor]]:
    """What each part of the arena, of so many bytes, holds ahead of the launches, and behind."""
    from netlang.runtime.model import Model

    class Watched(Noise):
        def __torch_function__(self, func: Any, *others: Any) -> Any:
            made = super().__torch_function__(func, *others)
            if func in (torch.empty, Tensor.new_empty) and made.numel():
                memory.append((made.clone(), made))
            return made

    memory: list[tuple[Tensor, Tensor]] = []
    model = Model.load(folder)
    with Watched("float32"):
        model(torch.zeros(CASE.batch, 1))
    arenas = max(memory, key=lambda each: each[0].numel())
    parts = (arena[: COPIES * size].view(torch.float32).chunk(COPIES) for arena in arenas)
    return list(zip(*parts, strict=True))


@pytest.mark.parametrize("position", [0, 1, -1])
def test_each_copy_of_a_launch_works_in_its_own_place(position: int) -> None:
    compilation = compiled(CASE)
    call = list(products(compilation).values())[position]
    plan = repeated(compilation.plan, call, COPIES)
    assert [f.name for f in plan.functions] == [call.function]
    for kind in (Memory, Constant):
        given = [[a for a in each.arguments if isinstance(a, kind)] for each in plan.calls]
        flat = [argument for arguments in given for argument in arguments]
        assert len(set(flat)) == COPIES * len(set(given[0])) > 0
    with TemporaryDirectory() as folder:
        write_artifact(plan, CASE.weights(), folder)
        size = CASE.batch * plan.arena_bytes // COPIES
        arenas = interpreted(in_places, Path(folder), size)
    assert len(arenas) == COPIES
    for before, after in arenas:
        assert before.std() == pytest.approx(1, abs=0.1)
        # The last layer writes to the caller's tensor.
        assert torch.equal(before, after) == (position == -1)


def test_a_layer_reads_no_image_that_has_to_be_copied() -> None:
    compilation = compiled(CASE)
    stem = next(iter(products(compilation).values()))
    assert any(isinstance(argument, Input) for argument in stem.arguments)
    plan = repeated(compilation.plan, stem, COPIES, rounds=2)
    assert [x.elements for x in plan.inputs] == [1]
    assert plan.calls[:COPIES] == plan.calls[COPIES:]
    assert len(plan.calls) == 2 * COPIES
    assert not any(isinstance(a, Input) for each in plan.calls for a in each.arguments)
    image = 4 * 3 * 32 * 32  # bytes
    assert plan.arena_bytes == COPIES * (compilation.plan.arena_bytes + image)


def test_copies_share_no_counters() -> None:
    plan: Plan = compiled(CASE).plan
    call = replace(plan.calls[0], arguments=(Counters(1), Output()))
    plan = repeated(replace(plan, counters=5), call, 2)
    assert [each.arguments for each in plan.calls] == [
        (Counters(1), Output()),
        (Counters(6), Output()),
    ]
    assert plan.counters == 10


def test_products_are_the_kernels_that_multiply() -> None:
    compilation = compiled(Case("googlenet", 1))
    found = products(compilation)
    graph = compilation.optimized.graph
    assert {graph[call.layer].op.family for call in found.values()} == {"conv", "linear"}
    functions = Counter(call.function for call in compilation.plan.calls)
    assert set(found) <= set(functions)
    others = set(functions) - set(found)
    assert others
    assert not [name for name in others if "conv" in name]


def test_more_is_moved_than_the_cache_holds_twice() -> None:
    for batch in (1, 32, 256):
        plan, calls = compiled(Case("vgg16", batch)).plan, products(compiled(Case("vgg16", batch)))
        counts = {name: copies(plan, call) for name, call in calls.items()}
        assert all(2 <= count <= MOST for count in counts.values())
    assert min(counts.values()) == 2
    few = compiled(Case("resnet18", 1))
    assert max(copies(few.plan, call) for call in products(few).values()) > 10


PARTS = {
    "together": ("conv(%a) kernel=1x1, out=4 -> relu(_) | conv(%b) kernel=3x3, out=6", "10x8x8", 2),
    "keep": ("conv(%a) kernel=3x3, out=4 keep => conv(_) kernel=1x1, out=6", "10x8x8", 2),
    "chain": ("conv(%a) kernel=3x3, out=4 -> relu(_) => maxpool(_) kernel=2x2", "4x4x4", 1),
    "sum": ("conv(%a) kernel=3x3, out=4 + conv(%b) kernel=1x1, out=4 -> relu(_)", "4x8x8", 1),
}


@pytest.mark.parametrize(("text", "type", "count"), PARTS.values(), ids=PARTS)
def test_results_are_those_of_the_operator(text: str, type: str, count: int) -> None:
    lines = [f"%{name} = input() shape=4x8x8 : 4x8x8" for name in "ab" if f"%{name}" in text]
    lines += [f"%y = {text} : {type}", "output %y"]
    graph = parse_graph("\n  ".join(["graph test {", *lines]) + "\n}\n")
    node = graph["y"]
    generator = torch.Generator().manual_seed(0)
    xs = [torch.randn(2, *x.shape, generator=generator) for x in graph.types(node)]
    w = {
        slot: torch.randn(*x.shape, generator=generator) for slot, x in graph.weights(node).items()
    }
    apart = results(node.op, xs, w)
    assert len(apart) == count
    assert torch.equal(torch.cat(apart, 1), node.op.torch(F, xs, w, False))


def test_torch_has_memory_of_its_own_for_each_copy() -> None:
    layer = OfTorch()
    layer.prepare(Layer(CASE, next(iter(products(compiled(CASE))))))
    assert layer.copies > 1
    assert layer.seconds(1) > 0
    layer.prepare(Layer(CASE, list(products(compiled(CASE)))[-1]))
    assert layer.seconds(2) > 0
