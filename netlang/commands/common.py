"""The arguments that most commands share."""

from __future__ import annotations

import argparse

from netlang.diagnostic import error
from netlang.ir.graph import Graph
from netlang.lower import load


def add_net_argument(parser: argparse.ArgumentParser) -> None:
    """The network, and the values of its parameters."""
    parser.add_argument("net", metavar="NET", help="a .net file, or the name of a zoo network")
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set name=value`."""
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a parameter of the net another value; may be given again",
    )


def load_net(args: argparse.Namespace) -> Graph:
    """The graph that the arguments ask for."""
    return load(args.net, **settings(args))


def settings(args: argparse.Namespace) -> dict[str, str]:
    """The values of `--set`, by parameter."""
    values: dict[str, str] = {}
    for text in args.settings:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise error(f"'--set {text}' gives no value", help="write --set classes=10")
        values[name] = value
    return values
