"""`netlang profile`: what a network must at least cost on a device."""

from __future__ import annotations

import argparse
from pathlib import Path

from netlang.commands.common import (
    add_after_argument,
    add_net_argument,
    add_target_arguments,
    json_text,
    load_net,
    settings,
    target,
)
from netlang.commands.outputs import require_outputs
from netlang.commands.pictures import add_theme_argument, require_format, write_picture
from netlang.cost import profile
from netlang.cost.picture import to_svg
from netlang.cost.report import describe, table
from netlang.diagnostic import error
from netlang.passes import inference, optimize, upto
from netlang.pictures.picture import FORMATS

HELP = (
    "Say what each layer of a network must at least cost on a device: the bytes it moves, the "
    "multiply-adds, and the time of the slower of the two. Nothing is run or measured."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    add_target_arguments(parser)
    add_after_argument(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object, every layer in it")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="draw the roofline, as .svg, .png or .pdf, and print no table",
    )
    add_theme_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Prints the table or the object, or draws."""
    _require_sense(args)
    graph, aim = load_net(args), target(args)
    optimized = optimize(graph, upto(args.after), aim).graph
    before, after = (
        profile(each, aim.device, aim.precision, aim.batch)
        for each in (inference(graph), optimized)
    )
    if args.output:
        write_picture(args.output, to_svg(before, after, args.theme, settings(args)))
    else:
        print(json_text(describe(before, after)) if args.json else table(before, after))
    return 0


def _require_sense(args: argparse.Namespace) -> None:
    if args.json and args.output:
        raise error("'--json' prints, and '-o' draws", help="leave one of them out")
    if args.output:
        require_format(args.output, FORMATS, "roofline")
        require_outputs([("-o", args.output)], [args.net])
