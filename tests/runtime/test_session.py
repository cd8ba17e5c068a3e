"""Calls of a model, in Triton's interpreter: what they give, and what is kept between them."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import torch
from torch import Tensor

from netlang.runtime.device import Interpreter
from netlang.runtime.model import Model, _largest_batch
from netlang.runtime.session import Forward
from tests.kernels.launch import interpreted
from tests.runtime.handmade import PLAN, expected, images

Check = Callable[[Model], None]


def loaded_and(check: Check, folder: Path, graphs: int) -> None:
    check(Model.load(folder, graphs=graphs))


def require_right(y: Tensor, x: Tensor) -> None:
    # Whole numbers below 2**7: no data type rounds them.
    assert torch.equal(y.cpu().double(), expected(x.cpu()))


def images_for(model: Model, batch: int) -> Tensor:
    return images(batch).to(model.device)


def is_right_for_every_batch(model: Model) -> None:
    for batch in (1, 3, 2, 3, 1):
        require_right(model(images_for(model, batch)), images_for(model, batch))


def is_converted(model: Model) -> None:
    x = images_for(model, 2)
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        y = model(x.to(dtype))
        assert y.dtype == dtype
        require_right(y, x)
    require_right(model(x.to(memory_format=torch.channels_last)), x)
    require_right(model(x.flip(0).flip(0).requires_grad_()), x)
    require_right(model(x[:1].expand(2, -1, -1, -1)), x[:1].expand(2, -1, -1, -1))


def is_rounded_once(model: Model) -> None:
    """float16 has no 3 * 1001, which is 3003 in the accumulator."""
    x = torch.full((1, 16, 2, 3), 1001.0, device=model.device)
    require_right(model(x), x)


def leaves_results_alone(model: Model) -> None:
    x, other = images_for(model, 2), images_for(model, 2).flip(0)
    y = model(x)
    given = torch.empty_like(y, dtype=torch.bfloat16).requires_grad_()
    assert model(other, out=given) is given
    require_right(y, x)
    require_right(given.detach(), other)


def keeps_what_was_used_last(model: Model) -> None:
    model.prepare(9)
    first, second = bound(model, 1), bound(model, 2)
    assert bound(model, 1) is first
    bound(model, 3)
    assert bound(model, 1) is first
    assert bound(model, 2) is not second


def has_one_arena_that_grows(model: Model) -> None:
    for batch in (1, 3, 1):
        require_right(model(images_for(model, batch)), images_for(model, batch))
        forward = bound(model, batch)
        places = {t.untyped_storage().data_ptr() for t in (*forward.inputs, forward.output)}
        assert places == {model._session._arena.untyped_storage().data_ptr()}
    kept = bound(model, 1)
    model.prepare(4)
    assert bound(model, 1) is not kept


def leaves_its_counters_at_zero(model: Model) -> None:
    for batch in (1, 3, 2):
        model(images_for(model, batch))
        counters = model._session._counters
        own = model._session._pointer("counters 2", batch)
        assert own.data_ptr() - counters.data_ptr() == 2 * batch * counters.element_size()
        assert len(own) >= 6 * batch
        assert counters.dtype == torch.int32
        assert not counters.any()


def is_called_from_several_threads(model: Model) -> None:
    xs = [images_for(model, 2) + n for n in range(4)]
    together = Barrier(len(xs))

    def call(x: Tensor) -> Tensor:
        together.wait()
        return model(x)

    with ThreadPoolExecutor(len(xs)) as pool:
        for x, y in zip(xs, pool.map(call, xs), strict=True):
            require_right(y, x)
    assert len(model._sessions) == 1


def moves(model: Model) -> None:
    other = model.to(model.device)
    weights = (m._network.weights["w"].data_ptr() for m in (model, other))
    assert len(set(weights)) == 2
    require_right(other(images_for(model, 2)), images_for(model, 2))
    assert not model._sessions


def needs_no_compiler(model: Model) -> None:
    model(images_for(model, 1))
    assert model.times["load"] > 0
    assert model.times["compile"] == model.times["capture"] == 0


def bound(model: Model, batch: int) -> Forward:
    """The pass of a batch, made if it is not there."""
    with torch.inference_mode():
        return model._session._forward(batch)


def is_given_float32(model: Model) -> None:
    forward = bound(model, 2)
    assert {x.dtype for x in (*forward.inputs, forward.output)} == {torch.float32}


CHECKS = (
    is_given_float32,
    is_right_for_every_batch,
    is_converted,
    is_rounded_once,
    leaves_results_alone,
    keeps_what_was_used_last,
    has_one_arena_that_grows,
    leaves_its_counters_at_zero,
    is_called_from_several_threads,
    moves,
)


@pytest.mark.parametrize("check", [*CHECKS, needs_no_compiler], ids=lambda check: check.__name__)
def test_a_model(check: Check, folder: Path) -> None:
    interpreted(loaded_and, check, folder, 2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("graph", [True, False])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_model_on_a_gpu(check: Check, graph: bool, folder: Path) -> None:
    check(Model.load(folder, graph=graph, graphs=2))


# --------------------------------------------------------------------- what a call refuses


@pytest.fixture
def model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """The model, where the interpreter may be used and is not."""
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    return Model.load(folder)


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (torch.empty(3, 8, 2, 3), "handmade gives 2x8x2x3, and out is 3x8x2x3"),
        (torch.empty(2, 8, 2, 3, dtype=torch.int32), "and out is torch.int32"),
        (torch.empty(2, 8, 2, 3, device="meta"), "handmade is on cpu, and out on meta"),
    ],
)
def test_a_result_that_does_not_fit(out: Tensor, message: str, model: Model) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        model(images(2), out=out)


@pytest.mark.parametrize(
    ("inputs", "grid", "largest"),
    [
        ([[3, 2048, 1024], [10]], [[1, 1, 1]], 2**31 // 2**21 - 1),
        ([[10]], [[4, 2**30, 1]], 2**28 - 1),
        ([[10]], [[2, 1, 1], [3, 1, 9]], (2**31 - 11) // 29),
    ],
    ids=["pixels of an input", "a tile beyond the last", "programs of all parts"],
)
def test_the_largest_batch_of_32_bits(inputs: Any, grid: Any, largest: int) -> None:
    assert _largest_batch({"inputs": inputs, "functions": {"f": {"grid": grid}}}) == largest


def test_a_batch_beyond_32_bits(model: Model) -> None:
    largest = model.largest_batch
    message = f"handmade takes up to {largest} images at a time, and gets {largest + 1}"
    with pytest.raises(ValueError, match=message):
        model(torch.empty(1, 16, 2, 3).expand(largest + 1, -1, -1, -1))
    with pytest.raises(ValueError, match="and gets 0"):
        model.prepare(0)


def test_inputs_of_two_batch_sizes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    plan = json.dumps(PLAN | {"inputs": 2 * PLAN["inputs"]})
    (folder / "plan.json").write_text(plan)
    with pytest.raises(ValueError, match="handmade takes inputs of one batch size"):
        Model.load(folder)(images(2), images(1))


def test_no_images_give_what_is_there_to_give(model: Model) -> None:
    out = torch.empty(0, 8, 2, 3)
    assert model(images(0), out=out) is out
    assert model(images(0).half()).dtype == torch.float16


def test_an_interpreter_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triton.__version__", "3.6.0")
    monkeypatch.setattr("numpy.__version__", "2.10.1")
    with pytest.raises(RuntimeError, match=r"3\.6\.0 does not work with NumPy 2\.10\.1"):
        Interpreter()
    monkeypatch.setattr("numpy.__version__", "2.3.5")
    assert not Interpreter().options["DEPENDENT"]
