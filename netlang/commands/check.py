"""`netlang check`: is this a network, and which?"""

from __future__ import annotations

import argparse
import sys

from netlang.commands.common import add_nets_argument, settings
from netlang.diagnostic import NetError
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.units import si

HELP = "Read networks, infer every shape and report every mistake where it stands."


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_nets_argument(parser)


def run(args: argparse.Namespace) -> int:
    """One line a network; mistakes go to standard error."""
    status = 0
    for net in args.nets:
        try:
            print(_line(load(net, **settings(args))))
        except NetError as mistake:
            print(mistake, file=sys.stderr)
            status = 1
    return status


def _line(graph: Graph) -> str:
    parameters, macs = sum(map(graph.parameters, graph)), sum(map(graph.macs, graph))
    return f"{graph.name}: ok, {len(graph)} nodes, {parameters:,} parameters, {si(macs, 'MACs')}"
