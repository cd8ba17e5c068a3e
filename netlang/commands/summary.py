"""`netlang summary`: what a network consists of."""

from __future__ import annotations

import argparse
import json

from netlang.commands.common import add_net_argument, load_net
from netlang.summary import describe, inference, table

HELP = "List the layers of a network with their shapes, parameters and MACs (multiply-adds)."


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument("--layers", action="store_true", help="a row a layer, not a row a group")
    parser.add_argument("--training", action="store_true", help="with the auxiliary heads")
    parser.add_argument("--json", action="store_true", help="one JSON object, every layer in it")


def run(args: argparse.Namespace) -> int:
    """Prints the table, or the object."""
    graph = load_net(args) if args.training else inference(load_net(args))
    print(json.dumps(describe(graph)) if args.json else table(graph, args.layers))
    return 0
