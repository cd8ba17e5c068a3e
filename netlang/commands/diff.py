"""`netlang diff`: what changed from one network to another."""

from __future__ import annotations

import argparse

from netlang.commands.common import NET, add_settings, add_side_settings, json_text, load_sides
from netlang.diff import compare
from netlang.diff.plain import describe
from netlang.diff.words import words
from netlang.passes import inference

HELP = (
    "Say what changed from network A to network B: parameters, MACs and depth, then what was added "
    "(+), removed (-) and changed (±) in each group and block. Repeats of a block count as one."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("a", metavar="A", help=NET)
    parser.add_argument("b", metavar="B", nargs="?", help="another (A, with other settings)")
    add_settings(parser)
    add_side_settings(parser)
    parser.add_argument("--training", action="store_true", help="with the auxiliary heads")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Prints the difference."""
    graphs = load_sides(args, args.a, args.b or args.a)
    before, after = graphs if args.training else map(inference, graphs)
    difference = compare(before, after)
    print(json_text(describe(difference)) if args.json else words(difference))
    return 0
