"""Syntax tree to graph: names, repeats, blocks, shortcuts and choices are settled here."""

from __future__ import annotations

from pathlib import Path

from netlang.diagnostic import Source, did_you_mean, error
from netlang.ground.resources import zoo_networks
from netlang.ir.attributes import Value
from netlang.ir.graph import Graph
from netlang.lower.modules import Loader, only_net
from netlang.lower.network import build_network
from netlang.lower.paths import project_root, shown
from netlang.lower.settings import literals
from netlang.syntax.parser import read

__all__ = ["GraphLike", "as_graph", "load"]

GraphLike = Graph | str | Path | Source
"""A graph, or what `load` reads one from."""


def load(network: str | Path | Source, /, **settings: Value) -> Graph:
    """The graph of a network: a `.net` file, the name of one in the zoo, or a text.

    `settings` override the net's parameters; text such as "A", "1x1" or "off" is read as the
    language reads it. Raises `NetError` with every independent mistake.
    """
    source = network if isinstance(network, Source) else read(find(network))
    path = Path(source.name).resolve()
    loader = Loader(project_root(path))
    module = loader.load(source, path)
    net = only_net(module, source)
    return build_network(module.own[net.name.name], literals(net, settings), loader.faults)


def as_graph(network: GraphLike, /, **settings: Value) -> Graph:
    """A graph as it is, or what `load` makes of anything else.

    `NetError` as `load` raises it; TypeError for settings of a graph, which has its own, and for
    what is no network.
    """
    if isinstance(network, str | Path | Source):
        return load(network, **settings)
    if not isinstance(network, Graph):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(
            f"{network!r:.60} is no network: give a graph, a .net file or the name of a zoo network"
        )
    if settings:
        raise TypeError(f"a graph has its parameters already: {', '.join(settings)}")
    return network


def find(network: str | Path) -> Path:
    """The file that a person means: a path, or the name of a network of the zoo."""
    path, zoo = Path(network), zoo_networks()
    try:
        is_there = path.exists()
    except OSError:  # too long a name, or a folder that is closed to the user: `read` says so
        return path
    if not is_there and str(network) in zoo:
        return shown(zoo[str(network)])
    if not is_there and not path.suffix:
        near = did_you_mean(str(network), zoo)
        hint = near or "'netlang zoo' lists the networks that come with netlang"
        raise error(f"there is no file and no network of the zoo named '{network}'", help=hint)
    return path
