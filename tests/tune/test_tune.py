"""Tuning by a clock that the tests set: who wins, who is refused, and what is left of it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from weakref import ref

import numpy as np
import pytest
import torch
from triton.runtime.errors import OutOfResources

from netlang.backends.torch import reference
from netlang.backends.triton import measure, numbers
from netlang.backends.triton.measure import DeadError, FaultError, Pass, RefusalError
from netlang.commands import main
from netlang.compiler import Compilation, compile
from netlang.compiler.alone import alone
from netlang.compiler.tune import tune
from netlang.device import DEVICES, Target
from netlang.diagnostic import NetError
from netlang.ir.graph import Graph
from netlang.kernels import Kernel, Linear, Tile, ToNCHW
from netlang.plan import Constant, Counters, Memory, PackedWeight, Plan, plan
from netlang.plan.repeat import repeated
from netlang.runtime.folder import import_kernels
from netlang.tune import Timing, Tuning
from netlang.tune.candidates import candidates
from netlang.tune.parts import layers_of
from netlang.tune.product import Product
from netlang.tune.store import cache_path, cached, keep, maker
from netlang.tune.tuning import signature
from netlang.weights import random_weights
from tests.kernels.launch import interpreted

H100 = DEVICES["h100"]
NOTHING = Tuning(maker(H100), {})

NET = """net small {
  input 3x12x12
  conv 3x3, 16 -> relu -> conv 3x3, 32 -> relu
  shortcut { conv 3x3, 32 -> relu -> conv 3x3, 32 } -> relu
  linear 10
}"""


@pytest.fixture
def compilation(net: Path) -> Compilation:
    return compile(net, batch=5)


class Clock:
    """A GPU that takes as long for a tile as it is told, and says what is right."""

    def __init__(self, graph: Graph, fastest: Tile, wrong: Tile | None = None, most: int = 10**9):
        self.graph, self.fastest, self.wrong, self.most = graph, fastest, wrong, most
        self.asked: list[Kernel] = []
        self.loaded = 0

    def __call__(
        self, checkpoint: Mapping[str, Any], inputs: Sequence[Any], seen: Sequence[int]
    ) -> Callable[[Plan], Pass]:
        self.loaded += 1
        return lambda plan: self.run(plan, checkpoint, inputs, seen)

    def run(
        self, plan: Plan, checkpoint: Mapping[str, Any], inputs: Sequence[Any], seen: Sequence[int]
    ) -> Pass:
        if len(self.asked) == self.most:
            raise KeyboardInterrupt
        kernels = {function.name: function.kernel for function in plan.functions}
        launched = [c.function for c in plan.calls if not isinstance(kernels[c.function], ToNCHW)]
        name, launches = launched[-1], launched.count(launched[-1])
        tile = layers_of(kernels[name])[0].chosen
        self.asked.append(kernels[name])
        result = reference(alone(self.graph, plan.network), checkpoint, *inputs).numpy()
        if tile == self.wrong:
            result[-1] += 0.1 * abs(result).max()
        # What comes ahead takes a millisecond; a launch 10 us, or 2.
        return Pass(1e-3 + launches * (2e-6 if tile == self.fastest else 1e-5), result[seen])


class Faulty(Clock):
    """A GPU that a tile is too much for, in one way or another; `tried` are all that it was given."""

    def __init__(self, graph: Graph, faulty: Tile, fault: RefusalError):
        super().__init__(graph, faulty)
        self.fault = fault
        self.tried: list[Kernel] = []

    def run(
        self, plan: Plan, checkpoint: Mapping[str, Any], inputs: Sequence[Any], seen: Sequence[int]
    ) -> Pass:
        kernels = [f.kernel for f in plan.functions if not isinstance(f.kernel, ToNCHW)]
        self.tried += kernels
        if layers_of(kernels[-1])[0].chosen == self.fastest:
            raise self.fault
        return super().run(plan, checkpoint, inputs, seen)


def last_choice(compilation: Compilation, layer: str) -> Tile:
    """The tile that the model thinks least of among those that are timed."""
    (kernel,) = (f.kernel for f in compilation.plan.functions if layer in f.layers)
    return layers_of(candidates(kernel, compilation.plan.target, 10)[-1])[0].chosen


def forget() -> None:
    """The cache of another machine."""
    path = cache_path(NOTHING.maker)
    assert path
    path.unlink()


LAYER = "conv_2"


def tile_of(compilation: Compilation) -> Tile:
    (kernel,) = (f.kernel for f in compilation.plan.functions if LAYER in f.layers)
    return layers_of(kernel)[0].chosen


# --------------------------------------------------------------------- the loop


def test_the_fastest_is_taken(compilation: Compilation) -> None:
    fastest = last_choice(compilation, LAYER)
    assert tile_of(compilation) != fastest
    seen: list[tuple[int, int]] = []
    clock = Clock(compilation.optimized.graph, fastest)
    after, measured = tune(compilation, NOTHING, clock, lambda *at: seen.append(at))
    assert tile_of(after) == fastest
    (done,) = (each for each in measured if LAYER in each.function.layers)
    assert done.best
    assert (done.default, done.best.microseconds) == pytest.approx((10, 2))
    assert not done.refused
    total = len(measured)
    assert seen == [(i, total) for i in range(total + 1)]
    assert after.measured == total == compilation.tuned(NOTHING).measured + total


def test_who_is_fast_and_wrong_is_refused(compilation: Compilation) -> None:
    fastest = last_choice(compilation, LAYER)
    clock = Clock(compilation.optimized.graph, fastest, wrong=fastest)
    after, measured = tune(compilation, NOTHING, clock)
    assert tile_of(after) != fastest
    (done,) = (each for each in measured if LAYER in each.function.layers)
    assert [why for why in done.refused if "wrong by 1.0e-01 of the largest number" in why]
    wrong = sum(len(each.refused) for each in measured)
    assert clock.loaded == len(measured) + wrong, "what it may have written to is loaded anew"


def test_what_does_not_run_is_refused(compilation: Compilation) -> None:
    asked = list[Plan]()

    def clock(plan: Plan) -> Pass:
        asked.append(plan)
        raise FaultError("OutOfResources: shared memory")

    def asks() -> bool:
        """Whether tuning runs anything; it has no tiles to give."""
        asked.clear()
        after, measured = tune(compilation, cached(NOTHING.maker), lambda *_: clock)
        assert all(each.best is None and "OutOfResources" in each.refused[0] for each in measured)
        assert after.plan == compilation.plan
        assert after.measured == 0
        assert len(asked) in (0, sum(len(each.refused) for each in measured))
        return bool(asked)

    # On a machine where nothing runs the fault may be the machine's, on another it is remembered.
    assert [asks(), asks()] == [True, True]
    keep(replace(NOTHING, timings={"another": Timing(1.0, ())}))
    assert [asks(), asks()] == [True, False]


@pytest.mark.parametrize("fault", [RefusalError("no room"), FaultError("PassManager::run failed")])
def test_a_fault_is_remembered_and_want_of_room_is_not(
    fault: RefusalError, compilation: Compilation
) -> None:
    faulty = last_choice(compilation, LAYER)
    gpu = Faulty(compilation.optimized.graph, faulty, fault)
    _, measured = tune(compilation, NOTHING, gpu)
    (done,) = (each for each in measured if LAYER in each.function.layers)
    assert [why for why in done.refused if str(fault) in why]
    assert done.best
    refusals = cached(NOTHING.maker).refusals
    assert (signature(done.function.kernel) in refusals) == isinstance(fault, FaultError)


def test_a_kernel_that_takes_the_gpu_away_is_passed_over_next_time(
    compilation: Compilation,
) -> None:
    graph, faulty = compilation.optimized.graph, last_choice(compilation, LAYER)
    fault = DeadError("AcceleratorError: CUDA error: an illegal memory access was encountered")
    told = (
        r"took the GPU away: AcceleratorError: CUDA error: an illegal memory access was "
        r"encountered\n.*run this again: what was timed is kept, and these tiles are passed over"
    )
    first = Faulty(graph, faulty, fault)
    with pytest.raises(NetError, match=told):
        tune(compilation, NOTHING, first)
    kept = cached(NOTHING.maker)
    timed = {signature(kernel) for kernel in first.asked} - {*kept.refusals}
    assert {*kept.timings} == timed
    again = Faulty(graph, faulty, fault)
    _, measured = tune(compilation, kept, again)
    assert not timed & {signature(kernel) for kernel in again.tried}
    (done,) = (each for each in measured if LAYER in each.function.layers)
    assert [why for why in done.refused if str(fault) in why]
    assert done.best


def test_an_interrupted_run_keeps_what_it_has(compilation: Compilation) -> None:
    fastest = last_choice(compilation, LAYER)
    whole = Clock(compilation.optimized.graph, fastest)
    tune(compilation, NOTHING, whole)
    everything = set(cached(NOTHING.maker).timings)
    # Up to the second kernel's last pass.
    first = signature(whole.asked[0])
    most = next(i for i, k in enumerate(whole.asked) if signature(k) not in (first,)) + 3
    forget()
    with pytest.raises(KeyboardInterrupt):
        tune(compilation, NOTHING, Clock(compilation.optimized.graph, fastest, most=most))
    kept = cached(NOTHING.maker)
    assert set(kept.timings) == {first}
    rest = Clock(compilation.optimized.graph, fastest)
    tune(compilation, kept, rest)
    assert first not in map(signature, rest.asked)
    assert set(cached(NOTHING.maker).timings) == everything


# ----------------------------------------------------------- what the clock runs


def test_a_launch_is_repeated_on_memory_of_its_own(compilation: Compilation) -> None:
    network = alone(compilation.optimized.graph, LAYER)
    planned = plan(network, Target(batch=5))
    name = planned.calls[-2].function
    again = repeated(planned, name, sets=3, rounds=2)
    calls = [call for call in again.calls if call.function == name]
    assert len(calls) == 6
    assert calls[:3] == calls[3:]
    where = [{a for a in call.arguments if isinstance(a, Memory)} for call in calls[:3]]
    assert not where[0] & where[1]
    assert not where[1] & where[2]
    constants = [{a for a in call.arguments if isinstance(a, Constant)} for call in calls[:3]]
    assert len({weight for each in constants for weight in each}) == 3 * len(constants[0])
    spans = sorted((b.offset, b.offset + b.size) for b in again.buffers)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert spans[-1][1] == again.arena_bytes
    assert len(again.weights) == 3 * len(planned.weights)


def test_a_launch_is_repeated_with_counters_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "counted.net"
    path.write_text("net counted { input 64; linear 100 -> softmax }")
    planned = compile(path).plan
    (name,) = (f.name for f in planned.functions if isinstance(f.kernel, Linear))
    again = repeated(planned, name, sets=3, rounds=1)
    counters = [a for call in again.calls for a in call.arguments if isinstance(a, Counters)]
    assert len({*counters}) == 3
    assert again.counters == 3 * planned.counters


@pytest.mark.parametrize("layer", ["conv_1", "conv_2", "conv_4", "linear_1"])
def test_what_is_timed_is_what_is_meant(layer: str, compilation: Compilation) -> None:
    graph = compilation.optimized.graph
    network = alone(graph, layer)
    planned = plan(network, Target(batch=5))
    (kernel,) = (f.kernel for f in compilation.plan.functions if network.name in f.layers)
    (name,) = (f.name for f in planned.functions if signature(f.kernel) == signature(kernel))
    checkpoint = random_weights(network)
    numbers = np.random.default_rng(0)
    inputs = [numbers.standard_normal((5, *n.type.shape), "float32") for n in network.inputs]
    plans = [repeated(planned, name, sets=2, rounds=rounds) for rounds in (1, 2)]
    expected = reference(network, checkpoint, *inputs).numpy()[[0, 4]]
    passes, made_twice = interpreted(_run, plans, checkpoint, inputs, [0, 4])
    for done in passes:
        assert abs(done.result - expected).max() < 5e-3 * abs(expected).max()
        assert done.seconds == 1.0
    assert not made_twice


def _run(plans: Sequence[Plan], *arguments: Any) -> tuple[list[Pass], set[str]]:
    """Passes with a clock that needs no GPU; and what was made for them more than once."""
    made: list[str] = []

    def packed(weight: PackedWeight, checkpoint: Any) -> Any:
        made.append(f"{weight.expr}, {weight.packing}")
        return numbers.packed(weight, checkpoint)

    def imported(path: Path, functions: Any) -> Any:
        made.append("kernels")
        return import_kernels(path, functions)

    models, bind = list[ref[Any]](), measure.Gpu._model

    def bound(gpu: measure.Gpu, plan: Plan) -> Any:
        models.append(ref(model := bind(gpu, plan)))
        return model

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "_seconds", lambda work: work() is None or 1.0)
        patch.setattr(measure, "packed", packed)
        patch.setattr("netlang.runtime.folder.import_kernels", imported)
        patch.setattr(measure.Gpu, "_model", bound)
        gpu = measure.Gpu(*arguments)
        gc.disable()
        passes = [gpu(plan) for plan in plans]
        assert not any(model() for model in models), "the next pass has no room of its own"
        gc.enable()
    copies = {tensor.data_ptr() for tensor in gpu._weights.values()}
    assert len(copies) == len(plans[0].weights), "each set has its own"
    return passes, {each for each in made if made.count(each) > 1}


class InvalidError(Exception):
    """What no library calls its errors."""


FAULTS = [
    OutOfResources(300_000, 232_448, "shared memory"),
    RuntimeError("PassManager::run failed"),
    RuntimeError("Triton Error [CUDA]: invalid argument"),
    AssertionError("strides must be 16-byte aligned"),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered\nCUDA kernel …"),
    InvalidError("of nobody's"),
]


@pytest.mark.parametrize("is_dead", [False, True])
@pytest.mark.parametrize(
    "problem", [*FAULTS, torch.OutOfMemoryError("no room\nat all"), OSError("the disk is full")]
)
def test_what_a_gpu_refuses_is_no_bug(
    problem: Exception, is_dead: bool, compilation: Compilation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise problem

    monkeypatch.setattr("netlang.runtime.model.device_for", lambda *_: torch.device("cpu"))
    monkeypatch.setattr("netlang.runtime.model.Model.__init__", lambda *_, **__: None)
    monkeypatch.setattr("netlang.runtime.model.Model.__call__", refuse)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", refuse if is_dead else lambda: None)
    gpu = measure.Gpu(random_weights(compilation.graph), [], [0])
    with pytest.raises(RefusalError) as caught:
        gpu(compilation.plan)
    first, *_ = str(problem).splitlines()
    assert str(caught.value) == f"{type(problem).__name__}: {first}"
    if problem in FAULTS:
        assert type(caught.value) is (DeadError if is_dead else FaultError)
    else:
        assert type(caught.value) is RefusalError


def test_a_bug_is_no_refusal(compilation: Compilation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netlang.runtime.model.device_for", lambda *_: torch.device("cpu"))
    gpu = measure.Gpu({}, [], [0])  # a checkpoint that lacks all tensors
    with pytest.raises(KeyError):
        gpu(compilation.plan)


@pytest.mark.parametrize("name", ["alexnet", "googlenet", "resnet50", "vgg16_bn"])
@pytest.mark.parametrize("batch", [1, 256])
def test_every_kernel_of_a_network_can_be_timed(name: str, batch: int) -> None:
    planned = compile(name, batch=batch)
    graph, target = planned.optimized.graph, planned.plan.target
    for function in planned.plan.functions:
        if any(map(Product.of, layers_of(function.kernel))):
            by_itself = plan(alone(graph, function.layers[0]), target)
            assert signature(function.kernel) in {signature(f.kernel) for f in by_itself.functions}


def on(gpu: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: gpu)


@pytest.mark.parametrize(
    ("gpu", "device"),
    [("NVIDIA H200", "h200"), ("NVIDIA H100 80GB HBM3", "h100-datasheet")],
)
def test_tiles_are_timed_on_the_target(
    gpu: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(gpu, monkeypatch)
    assert measure.bench(DEVICES[device]) is measure.Gpu


@pytest.mark.parametrize(
    ("gpu", "told"),
    [("NVIDIA H200", "the device 'h200' is here"), ("NVIDIA H100 PCIe", "it is none of h100, ")],
)
def test_another_gpu_is_told_from_the_target(
    gpu: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on(gpu, monkeypatch)
    with pytest.raises(NetError, match=f"GPU is '{gpu}', and the target is H100 SXM(?s:.*){told}"):
        measure.bench(H100)


# ------------------------------------------------------------------ the command


def test_without_a_gpu(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", str(net), "--tune"]) == 1
    error = capsys.readouterr().err
    assert "kernels are timed on a GPU, and torch finds no CUDA device" in error
    assert "the tuning.json that is written there" in error


def test_the_command_tunes_and_ships(
    net: Path,
    tmp_path: Path,
    compilation: Compilation,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fastest = last_choice(compilation, LAYER)
    clock = Clock(compilation.optimized.graph, fastest)
    monkeypatch.setattr("netlang.commands.compile.bench", lambda device: clock)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    out = tmp_path / "out"
    assert main(["compile", str(net), "--batch", "5", "--tune", "-o", str(out)]) == 0
    shown = capsys.readouterr()
    assert "kernel, us" in shown.out
    assert f"of {len(compilation.plan.functions)} measured on H100 SXM" in shown.out
    assert "timing kernels: 1 of " in shown.err
    tuning = out / "tuning.json"
    assert Tuning.parse(tuning.read_text()).timings == cached(NOTHING.maker).timings
    # Another machine, without the cache.
    forget()
    assert main(["compile", str(net), "--batch", "5", "--emit", "plan"]) == 0
    plain = capsys.readouterr().out
    arguments = ["compile", str(net), "--batch", "5", "--tuning", str(tuning)]
    assert main([*arguments, "--emit", "plan"]) == 0
    assert capsys.readouterr().out != plain
    assert main([*arguments, "--device", "a100-80gb"]) == 1
    assert "was measured on H100 SXM" in capsys.readouterr().err


def test_the_report_says_who_chose(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", str(net)]) == 0
    told = "tiles        chosen by the cost model; `netlang compile --tune` on a GPU measures"
    assert told in capsys.readouterr().out
