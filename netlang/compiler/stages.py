"""Each stage of a compilation as text, for `netlang compile --emit`."""

from __future__ import annotations

from collections.abc import Callable
from pprint import pformat

from netlang.backends.triton.manifest import manifest
from netlang.backends.triton.source import source
from netlang.compiler import Compilation
from netlang.compiler.assemble import assemble
from netlang.ir.printer import print_graph
from netlang.lower import find
from netlang.syntax.parser import parse, read


def syntax_tree(network: str) -> str:
    """The tree of a network's file."""
    return pformat(parse(read(find(network))), width=100) + "\n"


def ptx(compilation: Compilation, arch: str) -> str:
    """The assembly of every kernel."""
    return "\n".join(compiled.ptx for compiled in assemble(compilation.plan, arch))


STAGES: dict[str, Callable[[Compilation], str]] = {
    "graph": lambda compilation: print_graph(compilation.graph),
    "optimized": lambda compilation: print_graph(compilation.optimized.graph),
    "plan": lambda compilation: manifest(compilation.plan),
    "kernels": lambda compilation: source(compilation.plan),
}
"""The stages between the tree and the assembly."""
