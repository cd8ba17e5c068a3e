"""What other compilers leave of a network: the launches, or the nodes, of their optimized graph.

    python -m benchmarks.peers inductor|onnxruntime NETWORK

Prints what is left, by kind, as JSON: counts of code that was generated, which nobody runs. Both
peers get the `nn.Module` of the network in evaluation mode: batch 1, float32, CPU.
"""

# The peers are an extra: types are checked where they are not installed as well.
# pyright: reportMissingImports=false

from __future__ import annotations

import ast
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import netlang


class _EnoughError(Exception):
    """Ends a compilation whose code is generated."""


def inductor(network: str) -> Counter[str]:
    """The call sites of `torch.compile` in the wrapper that it generates, weights frozen.

    A fused loop in C++ is one launch, a call of an operator of torch's libraries another;
    allocations, views and checks are none. C++ is not compiled: the count is there before.
    """
    import torch
    from torch._inductor import config
    from torch._inductor.exc import InductorError
    from torch._inductor.graph import GraphLowering

    codes: list[str] = []

    def stop(code: str) -> None:
        codes.append(code)
        raise _EnoughError

    config.freezing, config.force_disable_caches, config.compile_threads = True, True, 1
    GraphLowering.save_output_code = staticmethod(stop)
    module, x = _module(network)
    try:
        with torch.no_grad():
            torch.compile(module, fullgraph=True)(x)
    except InductorError:
        if not codes:
            raise
    (code,) = codes
    return launches(code)


def launches(code: str) -> Counter[str]:
    """What the function `call` of an inductor's wrapper launches: fused loops, and operators."""
    (call,) = (
        node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef) and node.name == "call"
    )
    callees = (ast.unparse(node.func) for node in ast.walk(call) if isinstance(node, ast.Call))
    operators = ("torch.ops.", "extern_kernels.", "aten.")
    return Counter(
        "fused loop" if callee.startswith("cpp_") else callee
        for callee in callees
        if callee.startswith(("cpp_", *operators))
    )


def onnxruntime(network: str) -> Counter[str]:
    """The nodes of ONNX Runtime's graph after all its optimizations; weights are no nodes.

    The graph is torch.onnx's, in opset 18.
    """
    import onnx
    import onnxruntime
    import torch

    module, x = _module(network)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    with TemporaryDirectory() as folder:
        written, optimized = (Path(folder, f"{name}.onnx") for name in ("written", "optimized"))
        options.optimized_model_filepath = str(optimized)
        torch.onnx.export(module, (x,), str(written), opset_version=18, dynamo=True, verbose=False)
        onnxruntime.InferenceSession(str(written), options, providers=["CPUExecutionProvider"])
        nodes = onnx.load(str(optimized), load_external_data=False).graph.node
    return Counter(node.op_type for node in nodes if node.op_type != "Constant")


PEERS: dict[str, Callable[[str], Counter[str]]] = {
    "inductor": inductor,
    "onnxruntime": onnxruntime,
}

PACKAGES = ("torch", "onnx", "onnxscript", "onnxruntime")
"""What decides what they leave."""


def _module(network: str) -> tuple[Any, Any]:
    """The network in torch, and an image."""
    import torch

    graph = netlang.load(network)
    return netlang.to_torch(graph).eval(), torch.randn(1, *graph.inputs[0].type.shape)


def main() -> None:
    """Counts what the peer of the first argument leaves of the network of the second."""
    peer, network = sys.argv[1:]
    print(json.dumps(PEERS[peer](network)))


if __name__ == "__main__":
    main()
