"""Which network a file of weights was written for: others may fit it and compute something else.

A stride, a padding or a pool has no weights, so no shape tells of them. What a network computes at
inference is kept in the file's metadata, a line a layer, and compared by who reads it.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from itertools import zip_longest
from pathlib import Path
from typing import Any

from netlang.ir.attributes import show, written
from netlang.ir.graph import Graph
from netlang.ops.norm import Softmax
from netlang.ops.shape import Input
from netlang.weights.header import read_header

KEY = "netlang.layers"
"""Of the metadata: text by layer."""


def metadata(graph: Graph) -> dict[str, str]:
    """What a file for this network says of it."""
    return {KEY: json.dumps(_layers(graph))}


def strangeness(path: Path, graph: Graph, loose: Collection[str] = ()) -> str:
    """Where the network computes otherwise than the one that a file was written for, or "".

    `loose` are layers that may. Nothing is said of files that do not tell, or are no files.
    """
    was = {name: text for name, text in _told(path).items() if name not in loose}
    if not was:
        return ""
    now = {name: text for name, text in _layers(graph).items() if name not in loose}
    if not any(map(_is_input, was.values())):
        now = {name: text for name, text in now.items() if not _is_input(text)}
    pairs = zip_longest(was.items(), now.items(), fillvalue=("nothing", "the end"))
    for then, here in pairs:
        if then != here:
            lines = ["'{}: {}'".format(*line) for line in (then, here)]
            return f"'{path}' was written for a network with {lines[0]} where this has {lines[1]}"
    return ""


def _is_input(text: str) -> bool:
    return text.startswith(f"{Input.name} ")


def _layers(graph: Graph) -> dict[str, str]:
    """What is computed at inference, but for the last softmax, which is as good as none.

    Of an input, what becomes of pixels: images of another size are the same to the weights.
    """
    needed = graph.needed((graph.output,))
    inputs = {
        node.name: f"{node.op.name} "
        + ", ".join(f"{name}={show(getattr(node.op, name))}" for name in ("mean", "std", "range"))
        for node in graph.inputs
    }
    return inputs | {
        node.name: f"{node.op.name} {written(node.op)}".rstrip()
        for node in graph
        if node.name in needed
        and node.inputs
        and not isinstance(node.op, Softmax)
        and not node.op.is_identity(graph.types(node))
    }


def _told(path: Path) -> dict[str, Any]:
    """What a safetensors file says of layers; nothing of what is no such file: who reads it tells.

    Nor where that is damaged: the weights may be whole.
    """
    try:
        return dict(json.loads(read_header(path)[1]["__metadata__"][KEY]).items())
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
