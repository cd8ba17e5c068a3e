"""Who takes part. Each is got ready under the clock, from its file to the first result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from warnings import filterwarnings

from netlang.bench.case import Case
from netlang.engines import Stored, open_engine

Call = Callable[[], Any]
"""From the images of the case to the network's result."""


class Contender(ABC):
    """A way to run a network.

    `packages` are what has to be installed for it, `extra` the extra of netlang that has them,
    `precisions` what it computes in, and `starts` how often its start is timed at most.
    """

    packages: tuple[str, ...] = ("torch",)
    extra = ""
    precisions = ("float32", "bfloat16")
    starts = 3

    @property
    def missing(self) -> str:
        """The packages that it lacks."""
        return ", ".join(name for name in self.packages if find_spec(name) is None)

    @abstractmethod
    def prepare(self, case: Case) -> None:
        """Makes what it starts from, which takes no part in its time."""

    @abstractmethod
    def ready(self, case: Case) -> Call:
        """The network, ready to run."""


class Netlang(Contender):
    """An engine of netlang, from the text of the network and a file of weights."""

    extra = "cpu"

    def __init__(self, engine: str):
        self.engine, self.packages = engine, (engine,)

    def prepare(self, case: Case) -> None:
        _ = case.weights  # made by who first asks for it

    def ready(self, case: Case) -> Call:
        graph = case.load()
        engine = open_engine(
            graph,
            Stored(case.weights, graph),
            self.engine,
            case.precision,
            case.threads,
            case.batch,
            cache=False,
        )
        return partial(engine, case.images)


class Eager(Contender):
    """torch, operator by operator, as the module is: planes, nothing folded."""

    def prepare(self, case: Case) -> None:
        _ = case.module  # made by who first asks for it

    def ready(self, case: Case) -> Call:
        torch: Any = import_module("torch")
        dtype = getattr(torch, case.precision)
        images = torch.from_numpy(case.images).to(dtype)
        network = self.network(case).to(dtype)
        torch.set_num_threads(case.threads or torch.get_num_threads())

        def call() -> Any:
            with torch.inference_mode():
                return network(images).float().numpy()

        return call

    def network(self, case: Case) -> Any:
        """The function of images."""
        return case.module


class Compiled(Eager):
    """torch.compile, with weights that do not change; nothing it made before is used again."""

    starts = 1  # a minute or more

    def ready(self, case: Case) -> Call:
        torch: Any = import_module("torch")
        config: Any = import_module("torch._inductor.config")
        config.freezing = config.force_disable_caches = True
        torch.compiler.reset()
        # Dynamo tells what it makes of netlang's functions.
        filterwarnings("ignore", module="torch")
        self.compiled = torch.compile(case.module)
        return super().ready(case)

    def network(self, case: Case) -> Any:
        return self.compiled


class OpenVino(Contender):
    """OpenVINO, from an ONNX file, with the hints that netlang gives it."""

    packages = ("openvino", "onnx", "onnxscript")
    extra = "cpu,bench"

    def prepare(self, case: Case) -> None:
        _ = case.onnx  # made by who first asks for it

    def ready(self, case: Case) -> Call:
        from netlang.backends.openvino.compiled import hints

        openvino: Any = import_module("openvino")
        model = openvino.Core().compile_model(case.onnx, "CPU", hints(case.precision, case.threads))
        request = model.create_infer_request()
        return lambda: request.infer([case.images], share_inputs=True)[0].copy()


class OnnxRuntime(Contender):
    """ONNX Runtime, from an ONNX file."""

    packages = ("onnxruntime", "onnx", "onnxscript")
    extra = "bench"
    precisions = ("float32",)

    def prepare(self, case: Case) -> None:
        _ = case.onnx  # made by who first asks for it

    def ready(self, case: Case) -> Call:
        onnxruntime: Any = import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = case.threads or 0
        on = ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(str(case.onnx), options, providers=on)
        name = session.get_inputs()[0].name
        return lambda: session.run(None, {name: case.images})[0]


ENGINES: dict[str, Contender] = {
    "netlang openvino": Netlang("openvino"),
    "netlang torch": Netlang("torch"),
}
"""netlang's own."""

PEERS: dict[str, Contender] = {
    "openvino": OpenVino(),
    "onnxruntime": OnnxRuntime(),
    "torch": Eager(),
    "torch.compile": Compiled(),
}
"""Those that they are raced against."""

CONTENDERS = ENGINES | PEERS
