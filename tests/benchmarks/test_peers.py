"""The benchmarks: what counts as a launch of another compiler, and who is asked again."""

import pytest

from benchmarks import ask
from benchmarks.ask import Answer, ask_all
from benchmarks.peers import launches

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
