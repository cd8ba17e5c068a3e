"""What the loader asks of a GPU and in which order, of one that only notes it."""

import gc
import sys
import weakref
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import triton
from torch import Tensor
from triton.backends.compiler import GPUTarget
from triton.compiler import CompiledKernel
from triton.compiler.errors import CompilationError
from triton.tools.tensor_descriptor import TensorDescriptor

from netlang.runtime import device
from netlang.runtime.device import Cuda, DeviceError, Launch
from netlang.runtime.folder import Network, read_network, read_plan
from netlang.runtime.model import Model
from tests.runtime.fake_cuda import FakeCuda, Graph, Kernel, Stream
from tests.runtime.handmade import expected, images

CPU = torch.device("cpu")


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> FakeCuda:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    fake = FakeCuda()
    fake.install(monkeypatch)
    device._aside.cache_clear()
    return fake


@pytest.fixture
def network(folder: Path, gpu: FakeCuda) -> Network:
    """The network with kernels that torch computes."""

    def enter(x: Tensor, y: Tensor, batch: int) -> None:
        y[: batch * 96].view(6, batch, 16).copy_(x.reshape(batch, 16, 6).permute(2, 0, 1))

    def shift(x: Any, w: Tensor, s: Tensor, c: Tensor, y: Tensor, batch: int) -> None:
        assert isinstance(x, TensorDescriptor)
        left = torch.zeros(2, 3 * batch, 8, dtype=x.base.dtype)
        left[:, batch:] = x.base.as_strided(x.shape, x.strides)[:, : 2 * batch]
        rows = w.sum() * left.view(2, 3, batch, 8)
        y.copy_(rows.permute(2, 3, 0, 1))

    kernels = ModuleType("kernels")
    kernels.enter = Kernel(gpu, "enter", enter)  # pyright: ignore[reportAttributeAccessIssue]
    kernels.shift = Kernel(gpu, "shift", shift)  # pyright: ignore[reportAttributeAccessIssue]
    return replace(read_network(folder, read_plan(folder), CPU), kernels=kernels)


def loaded(network: Network, *, graph: bool = True, graphs: int = 2) -> Model:
    return Model(network, CPU, graph, graphs)


def require_right(model: Model, x: Tensor) -> None:
    assert torch.equal(model(x).double(), expected(x))


def test_a_batch_is_compiled_warmed_up_and_captured_once(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network)
    require_right(model, images(2))
    assert gpu.noted() == [
        *("compile enter", "compile shift"),
        *("enter on 12, caller", "shift on 24, caller", "a stream"),
        *("capture", "enter on 12, aside", "shift on 24, aside", "captured", "replay"),
    ]
    # Right for other images: they are where the graph reads before it runs.
    require_right(model, images(2).flip(0))
    assert gpu.noted() == ["replay"]
    assert model.times["compile"] > 0
    assert model.times["capture"] > 0


def test_what_is_prepared_is_only_replayed(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network)
    model.prepare(3)
    assert "replay" not in gpu.noted()
    require_right(model, images(3))
    assert gpu.noted() == ["replay"]


def test_without_a_graph_kernels_are_launched_one_by_one(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network, graph=False)
    launches = ["enter on 6, caller", "shift on 12, caller"]
    model.prepare(1)
    # These load the kernels: the next call may be one that is captured.
    assert gpu.noted() == ["compile enter", "compile shift", *launches]
    require_right(model, images(1))
    assert gpu.noted() == launches


def test_all_captures_are_made_on_one_stream(network: Network, gpu: FakeCuda) -> None:
    for model in (loaded(network), loaded(network)):
        for batch in (1, 2):
            require_right(model, images(batch))
    events = gpu.noted()
    assert (events.count("capture"), events.count("a stream")) == (4, 1)


# --------------------------------------------------------------------- a graph of the caller's own


@pytest.mark.parametrize("graph", [True, False])
def test_a_graph_of_the_callers_own_takes_the_launches(
    graph: bool, network: Network, gpu: FakeCuda
) -> None:
    model = loaded(network, graph=graph)
    model.prepare(1)
    gpu.noted()
    with gpu.capture(Graph(gpu), gpu.current, "thread_local"):
        model(images(1))
    launches = ["enter on 6, caller", "shift on 12, caller"]
    assert gpu.noted() == ["capture", *launches, "captured"]


def test_what_such_a_graph_works_on_is_kept(network: Network, gpu: FakeCuda) -> None:
    model, graph = loaded(network), Graph(gpu)
    model.prepare(2)
    with gpu.capture(graph, gpu.current, "thread_local"):
        model(images(2))
    (own,), output = model._session._passes[2].inputs, model._session._passes[2].output
    require_right(model, images(9))
    with torch.inference_mode():
        own.copy_(images(2))
        graph.replay()
    assert torch.equal(output.double(), expected(images(2)))
    require_right(model, images(2))


def test_such_a_graph_takes_no_call_that_is_not_prepared(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network)
    model.prepare(2)
    message = (
        r"^handmade is not ready for {} images on the stream that is being captured: call "
        r"model\.prepare\({}\) on this stream first, and give torch\.cuda\.graph the same stream$"
    )
    gpu.noted()
    new = Stream("new", cuda_stream=7)
    for stream, batch in ((gpu.current, 1), (new, 2)):
        unready = pytest.raises(RuntimeError, match=message.format(batch, batch))
        with gpu.capture(Graph(gpu), stream, "thread_local"), unready:
            model(images(batch))
    assert gpu.noted() == 2 * ["capture", "captured"], "nothing was compiled or launched"
    # What is called there later is as fast as anywhere.
    with gpu.use(new):
        require_right(model, images(2))
    assert gpu.noted()[-1] == "replay"


def test_the_graph_that_was_used_longest_ago_leaves(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network, graphs=2)
    model.prepare(9)

    def captures(batch: int) -> bool:
        gpu.noted()
        require_right(model, images(batch))
        return "capture" in gpu.noted()

    batches = (1, 2, 1, 3, 1, 2)
    assert [captures(batch) for batch in batches] == [True, True, False, True, False, True]


def test_graphs_of_the_old_arena_leave_with_it(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network)
    for batch in (1, 3, 1):
        require_right(model, images(batch))
    assert gpu.noted().count("capture") == 3


def test_each_stream_has_its_own_activations(network: Network, gpu: FakeCuda) -> None:
    model = loaded(network)
    gpu.noted()
    require_right(model, images(2))
    with gpu.use(Stream("another", cuda_stream=7)):
        require_right(model, images(2))
    assert gpu.noted().count("capture") == 2
    here, there = (session._arena.data_ptr() for session in model._sessions.values())
    assert here != there


@pytest.mark.parametrize("capability", [(8, 0), (8, 9), (9, 0), (12, 0)])
def test_launches_depend_on_each_other_from_9_0_on(
    capability: tuple[int, int], network: Network, gpu: FakeCuda
) -> None:
    gpu.capability = capability
    loaded(network)(images(1))
    own = {"num_warps": 1, "num_stages": 1}
    for options in gpu.options:
        if capability >= (9, 0):
            assert options == own | {"DEPENDENT": True, "launch_pdl": True}
        else:
            assert options == own | {"DEPENDENT": False}


# --------------------------------------------------------------------- too large, too old


def test_a_batch_for_which_there_is_no_memory(
    network: Network, gpu: FakeCuda, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An image takes 640 bytes of arena, 384 of input and 256 of output."""
    model = loaded(network)
    model.prepare(2)
    session, allocate = model._session, torch.Tensor.new_empty
    old = weakref.ref(session._arena), weakref.ref(session._passes[2])

    def new_empty(tensor: Tensor, size: int, **options: Any) -> Tensor:
        assert [thing() for thing in old] == [None, None], "there is no room for both"
        if size > gpu.free:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate …")
        return allocate(tensor, size, **options)

    monkeypatch.setattr(torch.Tensor, "new_empty", new_empty)
    gpu.free = 10_000
    message = (
        "^handmade needs 12,800 bytes for 10 images, and 10,000 are free on cpu: "
        "7 images at a time would fit$"
    )
    with pytest.raises(torch.cuda.OutOfMemoryError, match=message):
        model(images(10))
    require_right(model, images(7))


def test_descriptors_need_a_gpu_that_has_them(folder: Path, gpu: FakeCuda) -> None:
    gpu.capability = (8, 6)
    message = (
        "handmade was compiled for GPUs of compute capability 9.0 and newer, and cuda has 8.6: "
        "compile it with `netlang compile --device a100-80gb`"
    )
    with pytest.raises(DeviceError, match=message):
        Model.load(folder)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cuda:1", r"torch finds 1 CUDA device\(s\), and no cuda:1"),
        ("meta", "kernels run on CUDA devices, and not on 'meta'"),
        ("cpu", "on the CPU the kernels run with TRITON_INTERPRET=1 only"),
    ],
)
@pytest.mark.usefixtures("gpu")
def test_a_device_that_is_none(name: str, message: str, folder: Path) -> None:
    with pytest.raises(DeviceError, match=message):
        Model.load(folder, name)


# --------------------------------------------------------------------- Triton's own compiler


class Driver:
    """A driver of Triton for a GPU that is not there."""

    def get_current_target(self) -> GPUTarget:
        return GPUTarget("cuda", 90, 32)

    def get_current_device(self) -> int:
        return 0

    def get_current_stream(self, device: int) -> int:
        return device


@pytest.fixture
def compiled(folder: Path, gpu: FakeCuda, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The kernels' module, once the loader has had Triton compile them."""
    monkeypatch.setenv("TRITON_CACHE_DIR", str(folder / "cache"))
    monkeypatch.setattr(triton.runtime.driver, "_active", Driver())
    kernels: Any = read_network(folder, read_plan(folder), CPU).kernels
    make_ready(kernels)
    return kernels


def make_ready(kernels: Any, last: Any = 3, warps: int = 1) -> None:
    """Compiles the kernels; `last` is what a launch is given as its batch."""
    cuda = Cuda(CPU, graph=False)
    x = torch.zeros(2, 9, 16, dtype=torch.float16)
    of_x = TensorDescriptor(x, [2, 9, 8], [144, 16, 1], [1, 1, 8])
    other = torch.zeros(1000)
    options = {"num_warps": warps, "num_stages": 1, **cuda.options}
    arguments = [of_x, other, other, other.int(), other]
    cuda.compile(
        [
            Launch(kernels.enter, 18, [x, x, 3], options),
            Launch(kernels.enter, 18, [x, x, 3], options),
            Launch(kernels.shift, 36, [*arguments, last], options),
        ]
    )


def test_triton_compiles_all_kernels_ahead(compiled: Any) -> None:
    for function in (compiled.enter, compiled.shift):
        (kernel,) = function.device_caches[0][0].values()
        assert kernel.metadata.launch_pdl
        assert "griddepcontrol.wait" in kernel.asm["ptx"]
    assert "cp.async.bulk.tensor" in kernel.asm["ptx"]


def test_kernels_compile_after_one_that_does_not(compiled: Any) -> None:
    with pytest.raises(CompilationError):
        make_ready(compiled, last=0.5)
    make_ready(compiled, last=16)
    found = compiled.shift.device_caches[0][0].values()
    assert sum(isinstance(kernel, CompiledKernel) for kernel in found) == 2


class Collected:
    """A kernel that compiles in no time, and asks whether garbage is collected meanwhile."""

    enabled: bool | None = None

    def warmup(self, *_: Any, **__: Any) -> None:
        self.enabled = gc.isenabled()


def test_no_garbage_is_collected_while_threads_parse(compiled: Any) -> None:
    kernel = Collected()
    Cuda(CPU, graph=False).compile([Launch(kernel, 1, [], {})])
    assert kernel.enabled is False
    assert gc.isenabled()
    with pytest.raises(CompilationError):
        make_ready(compiled, last=0.5)
    assert gc.isenabled(), "also after a kernel that does not compile"


def test_a_terminal_sees_how_far_it_is(
    compiled: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(patience: float, is_terminal: bool, warps: int) -> str:
        monkeypatch.setattr(device, "PATIENCE", patience)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
        make_ready(compiled, warps=warps)
        return capsys.readouterr().err

    both = "\rcompiled 1 of 2 kernels\rcompiled 2 of 2 kernels\n"
    assert shown(0, True, warps=2) == both
    assert shown(0, True, warps=2) == "", "there is nothing left to compile"
    assert shown(0, False, warps=4) == ""
    assert shown(1000, True, warps=8) == ""
