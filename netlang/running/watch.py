"""Looks at the layers of a network in torch while it runs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

Seen = Callable[[str, Any, float], None]
"""Takes a layer's name, its value (a tensor N x C x H x W) and how many seconds it took."""


@contextmanager
def watching(network: Any, seen: Seen) -> Generator[None]:
    """Tells `seen` of each layer of a `netlang.backends.torch.Network` that runs meanwhile."""
    starts = list[float]()
    handles = list[Any]()

    def start(*_: Any) -> None:
        starts.append(perf_counter())

    def watch(name: str) -> Callable[..., None]:
        def done(_layer: Any, _inputs: Any, value: Any) -> None:
            seen(name, value, perf_counter() - starts.pop())

        return done

    for name, layer in layers(network).items():
        handles += layer.register_forward_pre_hook(start), layer.register_forward_hook(watch(name))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def layers(network: Any) -> dict[str, Any]:
    """The modules of a network that are layers, by the names of their nodes."""
    from netlang.backends.torch import Layer

    return {name: part for name, part in network.named_modules() if isinstance(part, Layer)}
