"""A graph in OpenVINO, through its operators: no file is between the two."""

from netlang.backends.openvino.build import to_model
from netlang.backends.openvino.compiled import Compiled

__all__ = ["Compiled", "to_model"]
