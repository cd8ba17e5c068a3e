"""What most commands share: the network among the arguments, and a word on long work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator
from contextlib import contextmanager

from netlang.diagnostic import NetError, error
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


def no_batch(batch: int) -> NetError:
    """The error for a `--batch` that is none."""
    return error(f"'--batch {batch}' is no batch", help="write --batch 32")


@contextmanager
def progress(doing: str) -> Generator[None]:
    """Shows on a terminal what takes its time; the line is gone when it is done."""
    shown = sys.stderr.isatty()
    if shown:
        print(f"{doing} ...", end="\r", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shown:
            print(" " * len(f"{doing} ..."), end="\r", file=sys.stderr, flush=True)
