"""A graph in torch: a trainable module, the reference for every other backend, a CPU engine."""

from netlang.backends.torch.engine import Engine
from netlang.backends.torch.module import Layer, Network, Output, to_module
from netlang.backends.torch.reference import reference, values

__all__ = ["Engine", "Layer", "Network", "Output", "reference", "to_module", "values"]
