"""A graph in OpenVINO, through its operators: no file is between the two."""

import sys
from typing import Any, cast

# Where it finds this package, importing OpenVINO reports to its makers that somebody did, from a
# process that it forks, and takes half as long again. What is None here is not found.
_modules = cast(dict[str, Any], sys.modules)
_is_ours = _modules.setdefault("openvino_telemetry", None) is None

from netlang.backends.openvino.build import to_model  # noqa: E402
from netlang.backends.openvino.compiled import VERSION, Compiled  # noqa: E402

if _is_ours:
    del _modules["openvino_telemetry"]  # whoever else wants it

__all__ = ["VERSION", "Compiled", "to_model"]
