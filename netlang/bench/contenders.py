"""Who takes part. Each is got ready under the clock, from its file to the first result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from netlang.bench.case import Case
from netlang.engines import Stored, open_engine
from netlang.lower import load

Call = Callable[[], Any]
"""From the images of the case to the network's result."""


class Contender(ABC):
    """A way to run a network; `package` is what has to be installed for it."""

    package = "torch"

    @property
    def is_there(self) -> bool:
        """Whether it can take part."""
        return find_spec(self.package) is not None

    @abstractmethod
    def prepare(self, case: Case) -> None:
        """Makes what it starts from, which takes no part in its time."""

    @abstractmethod
    def ready(self, case: Case) -> Call:
        """The network, ready to run."""


class Netlang(Contender):
    """An engine of netlang, from the text of the network and a file of weights."""

    def __init__(self, engine: str, package: str):
        self.engine, self.package = engine, package

    def prepare(self, case: Case) -> None:
        assert case.weights

    def ready(self, case: Case) -> Call:
        graph = load(case.network)
        weights = Stored(case.weights, graph)
        engine = open_engine(
            graph, weights, self.engine, threads=case.threads, batch=case.batch, cache=False
        )
        return partial(engine, case.images)


class Eager(Contender):
    """torch, operator by operator, as the module is: planes, nothing folded."""

    def prepare(self, case: Case) -> None:
        assert case.module

    def ready(self, case: Case) -> Call:
        torch: Any = import_module("torch")
        images = torch.from_numpy(case.images)
        torch.set_num_threads(case.threads or torch.get_num_threads())

        def call() -> Any:
            with torch.inference_mode():
                return self.network(case)(images).numpy()

        return call

    def network(self, case: Case) -> Any:
        """The function of images."""
        return case.module


class Compiled(Eager):
    """torch.compile, with weights that do not change."""

    def ready(self, case: Case) -> Call:
        torch: Any = import_module("torch")
        config: Any = import_module("torch._inductor.config")
        config.freezing = True
        self.compiled = torch.compile(case.module)
        return super().ready(case)

    def network(self, case: Case) -> Any:
        return self.compiled


class OpenVino(Contender):
    """OpenVINO, from an ONNX file, with the hints that netlang gives it."""

    package = "openvino"

    def prepare(self, case: Case) -> None:
        assert case.onnx

    def ready(self, case: Case) -> Call:
        from netlang.backends.openvino.compiled import hints

        openvino: Any = import_module("openvino")
        model = openvino.Core().compile_model(case.onnx, "CPU", hints("float32", case.threads))
        request = model.create_infer_request()
        return lambda: request.infer([case.images], share_inputs=True)[0].copy()


class OnnxRuntime(Contender):
    """ONNX Runtime, from an ONNX file."""

    package = "onnxruntime"

    def prepare(self, case: Case) -> None:
        assert case.onnx

    def ready(self, case: Case) -> Call:
        onnxruntime: Any = import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = case.threads or 0
        on = ["CPUExecutionProvider"]
        session = onnxruntime.InferenceSession(str(case.onnx), options, providers=on)
        name = session.get_inputs()[0].name
        return lambda: session.run(None, {name: case.images})[0]


CONTENDERS: dict[str, Contender] = {
    "netlang openvino": Netlang("openvino", "openvino"),
    "netlang torch": Netlang("torch", "torch"),
    "openvino": OpenVino(),
    "onnxruntime": OnnxRuntime(),
    "torch": Eager(),
    "torch.compile": Compiled(),
}
"""By name."""
