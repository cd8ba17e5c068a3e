"""`netlang weights`: what another program has learnt, under this network's names."""

from __future__ import annotations

import argparse
from pathlib import Path

from netlang.commands.common import add_net_argument, load_net, progress
from netlang.commands.outputs import require_outputs
from netlang.ground.columns import aligned
from netlang.weights.file import MEAN_IMAGE, require_finite, show_shape, write_weights
from netlang.weights.foreign import Pairs, paired, renamed
from netlang.weights.state import read_state

HELP = (
    "Read weights that torch wrote, with the names of torchvision or another program, and tell "
    "which of its layers is which of the network's, or write them under the network's names."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a module's state: .pth, .pt or .safetensors"
    )
    parser.add_argument(
        "--in-order",
        action="store_true",
        help="pair layers of a kind one after the other, whatever the file calls them; a "
        ".safetensors file has no order, and its names are taken in natural order",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write them as safetensors"
    )


def run(args: argparse.Namespace) -> int:
    """Tells the pairs, or writes the file."""
    require_outputs([("-o", args.output)], (args.net, args.file))
    graph = load_net(args)
    with progress("reading the weights"):
        found = read_state(args.file)
    pairs = paired(graph, found, args.in_order)
    if not args.output:
        print(_table(pairs, args.file.name, graph.name))
        return 0
    weights = renamed(pairs, found)
    require_finite(weights, args.file)
    write_weights(args.output, weights, graph, found.get(MEAN_IMAGE))
    count = sum(array.size for array in weights.values())
    print(f"wrote {args.output}: {len(pairs)} layers, {count:,} numbers")
    return 0


def _table(pairs: Pairs, file: str, net: str) -> str:
    rows = (
        (own.name, other.name, show_shape(max(other.shapes.values(), key=len)))
        for own, other in pairs
    )
    return "\n".join(aligned([(net, file, "weight"), *rows], left=3))
