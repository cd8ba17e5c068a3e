"""A language for convolutional networks, compiled to Triton.

    import netlang

    graph = netlang.load("resnet152")           # a .net file, or a network of the zoo
    module = netlang.to_torch(graph)            # a trainable torch.nn.Module
    fast = netlang.optimize(graph).graph        # batch norms folded, epilogues fused
    netlang.compile(graph, "build/resnet152")   # Triton kernels that run without netlang
    netlang.draw(graph).save("resnet152.svg")   # in a notebook: netlang.draw(graph)

Each of these takes the name of a file or of a network as well. What is made fast is so for a
target, one image in float16 on an H100 if nothing else is said: `device="h200", batch=256`, or for
several calls `target=netlang.Target.of("h200", batch=256)`.

What a user's file can get wrong is a `NetError`. Names are loaded when they are first used:
importing netlang costs nothing, and reading a network needs no torch.
"""

from typing import TYPE_CHECKING

from netlang.ground.lazy import lazily

if TYPE_CHECKING:
    from netlang.api import adopt_weights, optimize, random_weights
    from netlang.backends.draw import draw
    from netlang.backends.torch import to_module as to_torch
    from netlang.compiler import compile
    from netlang.device import Target
    from netlang.diagnostic import NetError
    from netlang.ir.graph import Graph
    from netlang.lower import load
    from netlang.weights import read_weights, write_weights

__version__ = "0.1.0"

__all__ = [
    "Graph",
    "NetError",
    "Target",
    "__version__",
    "adopt_weights",
    "compile",
    "draw",
    "load",
    "optimize",
    "random_weights",
    "read_weights",
    "to_torch",
    "write_weights",
]

_HOMES = {
    "Graph": "netlang.ir.graph",
    "NetError": "netlang.diagnostic",
    "Target": "netlang.device",
    "adopt_weights": "netlang.api",
    "compile": "netlang.compiler",
    "draw": "netlang.backends.draw",
    "load": "netlang.lower",
    "optimize": "netlang.api",
    "random_weights": "netlang.api",
    "read_weights": "netlang.weights",
    "to_torch": "netlang.backends.torch:to_module",
    "write_weights": "netlang.weights",
}


__getattr__, __dir__ = lazily(__name__, _HOMES)
