"""Every engine computes what the operators mean, and says how it does."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from resource import RUSAGE_SELF, getrusage
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings

from netlang.backends.torch import Engine, packed, reference
from netlang.compiler.checks import to_logits
from netlang.diagnostic import NetError, Source
from netlang.engines import ENGINES, Made, available, open_engine
from netlang.engines import cpu as machine
from netlang.engines.process import (
    M_MMAP_THRESHOLD,
    M_TRIM_THRESHOLD,
    keep_memory,
    wait_briefly,
)
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.weights import random_weights
from tests.random_graphs import graphs
from tests.zoo_at import zoo_at

OPENVINO = not available()["openvino"]

openvino = pytest.param(
    "openvino", marks=pytest.mark.skipif(not OPENVINO, reason="pip install 'netlang[cpu]'")
)
ON_CPU = ("torch", openvino)

SMALL = {
    "resnet20": 32,
    "plain20": 32,
    "resnet18": 64,
    "resnet50": 64,
    "googlenet": 96,
    "googlenet_torchvision": 64,
    "alexnet": 96,
    "alexnet_torchvision": 96,
    "vgg16": 32,
    "vgg16_bn": 32,
}
"""A network of each family of the zoo, and how large its images are here."""

SHAPES = {
    "conv(%a) kernel=1x1, out=4": "4x8x8",
    "split(%a) parts=2, part=1": "2x8x8",
    "identity(%a)": "4x8x8",
    "relu(%x)": "4x8x8",
}

FLOAT32 = 1e-4
"""Of the largest result: some hundred sums of some thousand products, each right to 6e-8."""

BFLOAT16 = 2e-2
"""Of the largest score: for the 19 layers of VGG, sqrt(2 * 19) * 2^-9 is 1.2e-2."""


def images(graph: Graph, batch: int = 2) -> Any:
    """At the scale of an image that is normalized."""
    rng = np.random.default_rng(0)
    return rng.standard_normal((batch, *graph.inputs[0].type.shape), dtype="float32")


def differences(got: Any, expected: Any) -> tuple[float, float]:
    """Relative: of the whole (L2), and the largest over the largest."""
    off = np.asarray(got, "float64") - np.asarray(expected)
    return (
        float(np.linalg.norm(off) / np.linalg.norm(expected)),
        float(abs(off).max() / abs(np.asarray(expected)).max()),
    )


@pytest.fixture(scope="module", params=SMALL)
def case(request: pytest.FixtureRequest) -> tuple[Graph, Any, Any]:
    """A network, images and what float64 makes of them."""
    graph = zoo_at(SMALL[request.param], request.param)
    x = images(graph)
    return graph, x, reference(graph, random_weights(graph), x).numpy()


@pytest.mark.parametrize("name", ON_CPU)
def test_agreement_with_float64(name: str, case: tuple[Graph, Any, Any]) -> None:
    graph, x, expected = case
    for batch in (1, 2):
        engine = open_engine(graph, Made(graph), name, batch=batch, cache=False)
        assert max(differences(engine(x), expected)) < FLOAT32


@pytest.mark.parametrize("name", ON_CPU)
def test_agreement_at_full_size(name: str) -> None:
    graph = load("googlenet")
    x = images(graph, 1)
    expected = reference(graph, random_weights(graph), x).numpy()
    engine = open_engine(graph, Made(graph), name)
    assert max(differences(engine(x), expected)) < FLOAT32


@pytest.mark.parametrize("name", ON_CPU)
@given(graph=graphs())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_agreement_on_random_networks(name: str, graph: Graph) -> None:
    weights = random_weights(graph)
    x = images(graph)
    expected = reference(graph, weights, x).numpy()
    got = open_engine(graph, weights, name, batch=2)(x)
    # What the network gives may be small beside what it adds up; infinite is what pads alone.
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-3)


TRAPS = {
    # OpenVINO moves a stride up past the padding: 7x5 where 5x4 is right.
    "a padded 1x1": "relu; conv 1x1, 4, stride=2, pad=2x1",
    # oneDNN adds and takes a relu, and knows no other function behind a sum.
    "tanh behind a sum": "shortcut { conv 3x3, 4 } -> tanh",
    "relu behind a sum": "shortcut { conv 3x3, 4 } -> relu",
    # What oneDNN does not compute on the way has inputs of its own.
    "a gate behind a linear layer": "linear 4; branches mul { | identity | linear 4 }",
}


@pytest.mark.parametrize("layers", TRAPS.values(), ids=TRAPS)
@pytest.mark.parametrize("name", ON_CPU)
def test_what_libraries_get_wrong(name: str, layers: str) -> None:
    graph = load(Source("n.net", f"net n {{ input 4x6x6; {layers} }}"))
    x = images(graph)
    weights = random_weights(graph)
    engine = open_engine(graph, weights, name, batch=len(x))
    assert max(differences(engine(x), reference(graph, weights, x).numpy())) < FLOAT32


@pytest.mark.skipif(not machine.cpu().has_bfloat16, reason="this CPU has no bfloat16")
@pytest.mark.parametrize("name", ON_CPU)
@pytest.mark.parametrize("network", SMALL)
def test_agreement_in_bfloat16(name: str, network: str) -> None:
    """Eight bits: each of L layers in a row is off by 2^-9 twice, and errors add like noise."""
    graph = to_logits(zoo_at(SMALL[network], network))
    x = images(graph)
    expected = reference(graph, random_weights(graph), x).numpy()
    engine = open_engine(graph, Made(graph), name, precision="bfloat16", batch=len(x))
    assert engine.precision == "bfloat16"
    assert 1e-4 < max(differences(engine(x), expected)) < BFLOAT16


def test_the_reference_is_float64() -> None:
    graph = zoo_at(32, "resnet20")
    engine = open_engine(graph, Made(graph), "reference")
    x = images(graph)
    assert (engine(x) == reference(graph, random_weights(graph), x).numpy()).all()
    assert engine.precision == "float64"
    assert engine.description.endswith("on the CPU, float64")


@pytest.mark.parametrize(
    "again",
    SHAPES,
    ids=lambda call: call.split(" ")[0],
)
def test_a_residual_sum_leaves_what_is_read_again(again: str) -> None:
    """Whether the shortcut itself is read once more, what lies in its memory, or the input."""
    shortcut, main = ("%x", "%a") if again == "relu(%x)" else ("%a", "%x")
    early = "" if "conv" in again else f"%b = {again} : {SHAPES[again]}"
    late = "" if early else f"%b = {again} : {SHAPES[again]}"
    graph = parse_graph(f"""graph g {{
        %x = input() shape=4x8x8 : 4x8x8
        %a = conv(%x) kernel=3x3, out=4 : 4x8x8
        {early}
        %c = conv({main}) kernel=3x3, out=4 : 4x8x8
        %s = add(%c, {shortcut}) : 4x8x8
        {late}
        %y = concat(%s, %b) : {4 + int(SHAPES[again][0])}x8x8
        output %y
    }}""")
    x, weights = images(graph), random_weights(graph)
    given, expected = x.copy(), reference(graph, weights, x).numpy()
    assert max(differences(Engine(graph, weights)(x), expected)) < FLOAT32
    assert (x == given).all()


def test_a_residual_sum_that_is_read_twice_by_one_layer() -> None:
    graph = parse_graph("""graph g {
        %x = input() shape=4x8x8 : 4x8x8
        %a = conv(%x) kernel=3x3, out=4 : 4x8x8
        %b = conv(%x) kernel=3x3, out=4 : 4x8x8
        %s = add(%b, %a) : 4x8x8
        %y = add(%s, %a) : 4x8x8
        output %y
    }""")
    x, weights = images(graph), random_weights(graph)
    expected = reference(graph, weights, x).numpy()
    assert max(differences(Engine(graph, weights)(x), expected)) < FLOAT32


def test_a_torch_that_cannot_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "NEEDED", ("_no_such_call",))
    graph = zoo_at(32, "resnet20")
    engine = open_engine(graph, Made(graph), "torch")
    x = images(graph)
    expected = reference(graph, random_weights(graph), x).numpy()
    assert max(differences(engine(x), expected)) < FLOAT32
    assert "products not packed: this torch cannot" in engine.description


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only GNU's malloc can be told")
def test_a_call_uses_the_memory_of_the_calls_before() -> None:
    graph = zoo_at(32, "resnet20")
    engine = open_engine(graph, Made(graph), "torch", batch=128)
    x = np.repeat(images(graph)[:1], 128, 0)  # values of 8 MB, which malloc gives back by itself
    new_pages: list[int] = []
    for _ in range(5):
        before = getrusage(RUSAGE_SELF).ru_minflt
        engine(x)
        new_pages.append(getrusage(RUSAGE_SELF).ru_minflt - before)
    assert min(new_pages) < 512


@pytest.mark.parametrize("name", ON_CPU)
def test_threads_are_those_that_are_asked_for(name: str) -> None:
    graph = zoo_at(32, "resnet20")
    before = torch.get_num_threads()
    engine = open_engine(graph, Made(graph), name, threads=1)
    assert "on the CPU, float32, 1 thread" in engine.description
    engine(images(graph))
    assert torch.get_num_threads() == before


@pytest.mark.skipif(not OPENVINO, reason="pip install 'netlang[cpu]'")
def test_nothing_is_reported_to_openvinos_makers() -> None:
    """Its import does so, where its package for that is found; who asks for that still finds it."""
    code = """
import sys, netlang.backends.openvino
from openvino.tools.ovc import telemetry_utils
print(telemetry_utils.tm.__name__, "openvino_telemetry" in sys.modules)
import openvino_telemetry
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["openvino.tools.ovc.telemetry_stub", "False"]


@pytest.mark.skipif(not OPENVINO, reason="pip install 'netlang[cpu]'")
def test_the_precision_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a CPU without it OpenVINO computes in float32, whatever it is told."""
    monkeypatch.setattr("netlang.engines.openvino.require_precision", lambda precision: None)
    graph = zoo_at(32, "resnet20")
    engine = open_engine(graph, Made(graph), "openvino", precision="bfloat16")
    real = "bfloat16" if machine.cpu().has_bfloat16 else "float32"
    assert engine.precision == real
    assert f", {real}, " in engine.description


@pytest.mark.skipif(not OPENVINO, reason="pip install 'netlang[cpu]'")
def test_the_default_is_the_fastest() -> None:
    graph = zoo_at(32, "resnet20")
    there = next(name for name in ENGINES if not available()[name])
    assert open_engine(graph, Made(graph)).name == there


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"engine": "trch"}, "there is no engine 'trch'.*did you mean 'torch'"),
        ({"engine": "torch", "precision": "float16"}, "'torch' does not compute in float16"),
        ({"precision": "int3"}, "no engine that is there computes in int3.*float32, tf32, float16"),
        (
            {"precision": "bf16"},
            "no engine that is there computes in bf16.*did you mean 'bfloat16'",
        ),
        ({"threads": 0}, "nothing runs on 0 threads"),
        ({"batch": -1}, "a batch of -1 images is none"),
    ],
)
def test_what_cannot_be_had(asked: dict[str, Any], message: str) -> None:
    graph = zoo_at(32, "resnet20")
    with pytest.raises(NetError, match=f"(?s){message}"):
        open_engine(graph, Made(graph), **asked)


def test_an_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = zoo_at(32, "resnet20")
    monkeypatch.setattr("netlang.engines.openvino.find_spec", lambda name: None)
    monkeypatch.setattr("netlang.engines.triton.DRIVERS", ())
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    with pytest.raises(NetError, match=r"(?s)not installed: pip install 'netlang\[cpu\]'.*torch"):
        open_engine(graph, Made(graph), "openvino")
    with pytest.raises(NetError, match="'triton' is not there: there is no CUDA GPU"):
        open_engine(graph, Made(graph), "triton")
    assert open_engine(graph, Made(graph)).name == "torch"


def test_a_cpu_without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cpu", lambda: machine.Cpu("old", has_bfloat16=False))
    graph = zoo_at(32, "resnet20")
    with pytest.raises(NetError, match="this CPU does not compute in bfloat16"):
        open_engine(graph, Made(graph), "torch", precision="bfloat16")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("model name\t: Xeon\nflags\t\t: fpu amx_bf16 avx2\n", machine.Cpu("Xeon", True)),
        ("model name\t: EPYC\nflags\t\t: fpu avx2\n", machine.Cpu("EPYC", False)),
    ],
)
def test_what_the_system_tells_of_the_cpu(
    text: str, expected: machine.Cpu, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(machine, "INFO", tmp_path / "cpuinfo")
    assert machine.cpu.__wrapped__() == expected


def test_a_precision_of_an_engine_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netlang.engines.triton.missing", lambda: "there is no CUDA GPU")
    graph = zoo_at(32, "resnet20")
    with pytest.raises(NetError, match="'triton' does, but is not there: there is no CUDA GPU"):
        open_engine(graph, Made(graph), precision="float16")


@pytest.mark.parametrize("engine", ["openvino", "torch"])
@pytest.mark.parametrize(
    "layers",
    [
        # what hangs over the edge, ahead of a kernel as large as the pooled image
        "input 16x8x8; avgpool 3x3, ceil=on; conv 3x3, 16",
        "input 4x5x6; avgpool 2x2, pad=1, ceil=on; conv 3x4, 8, pad=0",
        # a 1x1 with padding, strides and a dilation that means nothing
        "input 4x9x8; relu -> conv 1x1, 8, stride=1x2, pad=2x2, dilation=2x2",
        # one channel, and one window in a row
        "input 1x128x2; conv 3x3, 8, stride=1x2",
        "input 1x2x1; conv 5x4, 3, stride=1x3, pad=2x2",
    ],
)
def test_what_a_runtime_alone_gets_wrong(engine: str, layers: str) -> None:
    graph = load(Source("n.net", f"net n {{ {layers} }}"))
    x = np.random.default_rng(0).standard_normal((2, *graph.inputs[0].type.shape), "float32")
    expected = open_engine(graph, Made(graph), "reference")(x)
    got = open_engine(graph, Made(graph), engine, cache=False)(x)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_threads_sleep_soon_unless_somebody_has_said_how_to_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "")  # so that it is put back
        monkeypatch.delenv(name)
    wait_briefly()
    assert os.environ["OMP_WAIT_POLICY"] == "passive"
    assert 0 < int(os.environ["GOMP_SPINCOUNT"]) < 10_000
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    wait_briefly()
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert "GOMP_SPINCOUNT" not in os.environ


def test_memory_is_kept_up_to_large_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[tuple[int, int]]()
    library = SimpleNamespace(mallopt=lambda *given: told.append(given))
    monkeypatch.setattr("ctypes.CDLL", lambda _: library)
    monkeypatch.setattr("sys.platform", "linux")
    keep_memory()
    assert told == [(M_TRIM_THRESHOLD, -1), (M_MMAP_THRESHOLD, 2**30)]
    monkeypatch.setattr("ctypes.CDLL", lambda _: SimpleNamespace())
    keep_memory()  # another C library


@pytest.mark.parametrize("name", ["torch", "reference"])
def test_what_computes_in_torch_waits_briefly(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "")
    monkeypatch.delenv("OMP_WAIT_POLICY")
    graph = zoo_at(32, "resnet20")
    open_engine(graph, Made(graph), name)
    assert os.environ["OMP_WAIT_POLICY"] == "passive"


def test_weights_are_packed_for_the_threads_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """ResNet-50 takes three times as long where they are packed for two threads and one calls."""
    seen = set[int]()

    def noted(*given: Any) -> Any:
        seen.add(torch.get_num_threads())
        return packed.packed(*given)

    monkeypatch.setattr("netlang.backends.torch.engine.packed", noted)
    graph, before = zoo_at(32, "resnet20"), torch.get_num_threads()
    Engine(graph, random_weights(graph), threads=before + 1)
    assert seen == {before + 1}
    assert torch.get_num_threads() == before
