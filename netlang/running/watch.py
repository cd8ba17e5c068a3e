"""Looks at the layers of a network in torch while it runs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any


@contextmanager
def watching(network: Any, seen: Callable[[str, Any], None]) -> Generator[None]:
    """Tells `seen` of each layer of a `netlang.backends.torch.Network` that runs meanwhile.

    It takes the layer's name and its value, a tensor N x C x H x W.
    """

    def watch(name: str) -> Callable[..., None]:
        def done(_layer: Any, _inputs: Any, value: Any) -> None:
            seen(name, value)

        return done

    watched = layers(network).items()
    handles = [layer.register_forward_hook(watch(name)) for name, layer in watched]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def layers(network: Any) -> dict[str, Any]:
    """The modules of a network that are layers, by the names of their nodes."""
    from netlang.backends.torch import Layer

    return {name: part for name, part in network.named_modules() if isinstance(part, Layer)}
