"""An OpenVINO model made ready for the CPU: compiled, or read from what was compiled before."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino

VERSION = openvino.__version__.partition("-")[0]
"""OpenVINO's, without its build. To ask for the metadata of the package takes longer."""

PRECISIONS = {"float32": openvino.Type.f32, "bfloat16": openvino.Type.bf16}
"""What a model may compute in, by netlang's name of it."""


class Compiled:
    """A model on the CPU: arrays of float32 N x C x H x W (or N x C) to one array, any N.

    Where the model has a batch of its own, more images are cut into such, and fewer filled up.
    `threads` is how many cores it may use, None leaves that to OpenVINO.
    """

    def __init__(self, model: Any, blob: Any = None):
        self._model, self._request = model, model.create_infer_request()
        batch = model.inputs[0].get_partial_shape()[0]
        self._batch = batch.get_length() if batch.is_static else None
        self._blob = blob  # where a model that was read has its weights

    @classmethod
    def compile(cls, model: openvino.Model, precision: str, threads: int | None) -> Compiled:
        """The model, compiled for this CPU."""
        return cls(openvino.Core().compile_model(model, "CPU", hints(precision, threads)))

    @classmethod
    def read(cls, blob: Any, precision: str, threads: int | None) -> Compiled:
        """A model from an array of bytes that `blob` gave; RuntimeError where it gave them not."""
        bytes = openvino.Tensor(blob, shared_memory=True)
        model = openvino.Core().import_model(bytes, "CPU", hints(precision, threads))
        return cls(model, blob)

    @property
    def blob(self) -> bytes:
        """It as bytes, for the same version of OpenVINO on the same kind of CPU."""
        return self._model.export_model().getvalue()

    @property
    def precision(self) -> str:
        """What the model really computes in."""
        used = self._model.get_property("INFERENCE_PRECISION_HINT")
        return next(name for name, type in PRECISIONS.items() if type == used)

    @property
    def threads(self) -> int:
        """How many threads a call has."""
        return self._model.get_property("INFERENCE_NUM_THREADS")

    def __call__(self, *images: Any) -> Any:
        count = len(images[0])
        batch = self._batch or count
        if count == batch:
            return self._infer(images)
        # What the last part lacks repeats what it has.
        parts = [
            self._infer([np.resize(x[at : at + batch], (batch, *x.shape[1:])) for x in images])
            for at in range(0, count, batch)
        ]
        return np.concatenate(parts)[:count]

    def _infer(self, images: Any) -> Any:
        # Its memory is used again by the next call.
        return self._request.infer(images, share_inputs=True)[0].copy()


def hints(precision: str, threads: int | None) -> dict[str, Any]:
    """One call at a time on all cores, in this precision: left alone, OpenVINO chooses its own."""
    hints: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "NUM_STREAMS": "1",
        "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
        "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0",
    }
    return hints | ({"INFERENCE_NUM_THREADS": threads} if threads else {})
