"""The benchmarks: what counts as a launch of another compiler, who is asked again, what is alike."""

import sys
from collections.abc import Iterator

import pytest

from benchmarks import ask, kernels
from benchmarks.ask import Answer, ask_all
from benchmarks.compile_time import cold
from benchmarks.kernels import Result, union
from benchmarks.machine_code import Code
from benchmarks.peers import launches
from netlang.backends.triton.aot import Compiled
from netlang.compiler.assemble import Occupancy
from netlang.plan import Plan

WRAPPER = """
class Runner:
    def call(self, args):
        x, = args
        assert_size_stride(x, (1, 3, 8, 8), (192, 64, 8, 1))
        buf0 = empty_strided_cpu((1, 3, 8, 8), (192, 1, 24, 3), torch.float32)
        cpp_fused_relu_0(x, buf0)
        buf1 = torch.ops.mkldnn._convolution_pointwise.default(buf0, w, None, [1, 1])
        torch.ops.mkldnn._convolution_pointwise_.binary(buf1, buf0, w, None, 'add')
        buf2 = reinterpret_tensor(buf1, (1, 192), (192, 1), 0)
        extern_kernels.addmm(bias, buf2, w, out=buf3)
        cpp_fused__softmax_1(buf3)
        return (buf3, )

def benchmark_compiled_module(args):
    cpp_fused_relu_0(args)
"""


def test_launches_of_a_wrapper() -> None:
    assert launches(WRAPPER) == {
        "fused loop": 2,
        "torch.ops.mkldnn._convolution_pointwise.default": 1,
        "torch.ops.mkldnn._convolution_pointwise_.binary": 1,
        "extern_kernels.addmm": 1,
    }


def test_who_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(network: str, peer: str, limit: float) -> Answer:
        return {"left": {}}

    monkeypatch.setattr(ask, "ask", answer)
    known = {
        "resnet20": {"inductor": {"left": {"Conv": 1}}, "onnxruntime": {"failed": "no memory"}},
        "resnet32": {"inductor": {"unfinished": 3}, "onnxruntime": {"unfinished": 7}},
        "plain20": {"inductor": {"left": {}}},
    }
    asked = {(network, peer) for network, peer, _ in ask_all(known, known, limit=7, jobs=1)}
    assert asked == {("resnet32", "inductor"), ("plain20", "onnxruntime")}
    assert not list(ask_all(["vgg16"], {}, limit=0, jobs=1))


def test_a_cold_compiler_finds_nothing() -> None:
    for variable in ("TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"):
        run = cold("-c", f"import os; open(os.path.join(os.environ['{variable}'], 'made'), 'x')")
        run()
        run()


def test_equal_kernels_are_compiled_once() -> None:
    plain, both = (
        union(nets, 1, "float16", "sm_90") for nets in (["vgg16"], ["vgg16", "vgg16_bn"])
    )
    assert [f.kernel for f in both.functions] == [f.kernel for f in plain.functions]
    assert all({"vgg16", "vgg16_bn"} <= set(function.layers) for function in both.functions)


@pytest.mark.parametrize("broken", [(), ("no wgmma",)])
def test_a_broken_rule_is_named_and_status_1(
    broken: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def results(plan: Plan, target: str) -> Iterator[Result]:
        compiled = Compiled("conv", 128, 0, 49152, "", b"")
        yield Result(plan.functions[0], compiled, Code(()), Occupancy(4, 0.5), broken)

    monkeypatch.setattr(kernels, "results", results)
    monkeypatch.setattr(sys, "argv", ["kernels", "resnet20", "--batches", "1,2"])
    assert kernels.main() == bool(broken)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split()[0] == "2"
    assert len(lines) == 3 + 2 * bool(broken)
    assert not broken or lines[0].endswith("_relu (resnet20): no wgmma")
