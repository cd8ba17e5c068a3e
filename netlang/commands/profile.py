"""`netlang profile`: what a network must at least cost on a device."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from netlang.commands.common import add_net_argument, load_net, no_batch
from netlang.cost import DEVICES, profile
from netlang.cost.picture import to_svg
from netlang.cost.report import describe, table
from netlang.device import Target
from netlang.diagnostic import error
from netlang.files import write_whole
from netlang.kernels.kernel import PRECISIONS
from netlang.passes import optimize
from netlang.summary import inference

HELP = (
    "Say what each layer of a network must at least cost on a device: the bytes it moves, the "
    "multiply-adds, and the time of the slower of the two. Nothing is run or measured."
)

MOST = 2**31 - 1  # what kernels count a batch with


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument("--device", choices=DEVICES, default="h100", help="the GPU (h100)")
    parser.add_argument("--batch", type=int, default=1, metavar="N", help="images at a time (1)")
    parser.add_argument("--dtype", choices=PRECISIONS, default="float16", help="(float16)")
    parser.add_argument("--json", action="store_true", help="one JSON object, every layer in it")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.svg", help="draw the roofline, print no table"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the table or the object, or draws."""
    _require_sense(args)
    graph = load_net(args)
    device = DEVICES[args.device]
    optimized = optimize(graph, target=Target(device, args.dtype, args.batch)).graph
    before, after = (
        profile(each, device, args.dtype, args.batch) for each in (inference(graph), optimized)
    )
    if args.output:
        write_whole(args.output, to_svg(before, after))
        print(f"wrote {args.output}")
    else:
        print(json.dumps(describe(before, after)) if args.json else table(before, after))
    return 0


def _require_sense(args: argparse.Namespace) -> None:
    if not 1 <= args.batch <= MOST:
        raise no_batch(args.batch)
    if args.json and args.output:
        raise error("'--json' prints, and '-o' draws", help="leave one of them out")
    if args.output and args.output.suffix != ".svg":
        name = args.output.parent / f"{args.output.stem or 'roofline'}.svg"
        raise error(
            f"netlang does not draw '{args.output.suffix or args.output}' files",
            help=f"end the name with .svg: -o {name}; "
            "browsers and rsvg-convert turn an SVG into a PNG or a PDF",
        )
