"""`netlang check`: is this a network, and which?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from netlang.commands.common import add_nets_argument, settings
from netlang.diagnostic import NetError
from netlang.ground.units import si
from netlang.ir.graph import Graph
from netlang.lower import load

HELP = "Read networks, infer every shape and report every mistake where it stands."


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_nets_argument(parser)


def run(args: argparse.Namespace) -> int:
    """One line a network; mistakes, and what may be one, go to standard error."""
    status = 0
    for net in args.nets:
        try:
            graph = load(net, **settings(args))
        except NetError as mistake:
            print(mistake, file=sys.stderr)
            status = 1
        else:
            print(_line(graph))
            for note in (*_turned(graph), *_unread(graph)):
                print(note, file=sys.stderr)
    return status


def _line(graph: Graph) -> str:
    """What a network has at inference, as a summary counts it."""
    needed = graph.needed((graph.output,))
    nodes = [node for node in graph if node.name in needed]
    parameters, macs = sum(map(graph.parameters, nodes)), sum(map(graph.macs, nodes))
    return f"{graph.name}: ok, {len(nodes)} nodes, {parameters:,} parameters, {si(macs, 'MACs')}"


def _turned(graph: Graph) -> Iterator[str]:
    """A note where the input seems to be height x width x channels, as other programs have it."""
    for node in graph.inputs:
        shape = node.type
        first, second, last = shape.channels, shape.height, shape.width
        is_image = last == 3 or (last == 1 and first >= second)
        if is_image and min(first, second) > last:
            where = f"{node.origin[0].span}: " if node.origin else ""
            yield (
                f"note: {where}{shape} is {first} channels of {second}x{last} pixels; "
                f"for {last} of {first}x{second} write input {last}x{first}x{second}"
            )


def _unread(graph: Graph) -> Iterator[str]:
    """A note for each layer whose value goes nowhere: somebody may have forgotten an arrow."""
    needed = graph.needed(graph.results)
    for node in graph:
        if node.name not in needed and not graph.users[node.name]:
            where = f"{node.origin[0].span}: " if node.origin else ""
            yield f"note: {where}nothing reads '{node.name}', so it counts for nothing"
