"""`netlang summary`: what a network consists of, and how networks compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import get_terminal_size

from netlang.commands.common import add_nets_argument, json_text, load_all, settings
from netlang.commands.outputs import require_outputs, tell_written
from netlang.commands.pictures import add_theme_argument, require_format, write_picture
from netlang.diagnostic import error
from netlang.ground.files import write_whole
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph
from netlang.kernels.precision import PRECISIONS
from netlang.passes import inference
from netlang.pictures.picture import FORMATS
from netlang.summary import comparison, describe, table, to_csv
from netlang.summary.picture import CHARTS, to_svg

CSV = ".csv"

LEAST = 100
"""Columns of a table on a terminal that has less: one line goes on in the next."""

HELP = (
    "List the groups of a network with their shapes, receptive fields, parameters, MACs "
    "(multiply-adds) and the bytes that they write; of several networks each as a whole; or draw "
    "where parameters and MACs are. '195 /32' is a receptive field of 195x195 pixels of the input, "
    "32 from one value's to the next one's."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_nets_argument(parser, nargs="*")
    parser.add_argument("--zoo", action="store_true", help="all networks that come with netlang")
    parser.add_argument("--layers", action="store_true", help="a row a layer, not a row a group")
    parser.add_argument("--training", action="store_true", help="with the auxiliary heads")
    parser.add_argument(
        "--dtype", choices=PRECISIONS, default="float32", help="how numbers are stored (float32)"
    )
    out = parser.add_argument_group("what comes out")
    out.add_argument("--json", action="store_true", help="an object, or a list of one a network")
    out.add_argument("--csv", action="store_true", help="a row a layer, of all networks")
    out.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write FILE.csv, or draw FILE.svg, .png or .pdf, and print no table",
    )
    look = parser.add_argument_group("pictures")
    look.add_argument(
        "--chart", choices=CHARTS, help="what to draw (treemap; of several networks, bars)"
    )
    add_theme_argument(look)


def run(args: argparse.Namespace) -> int:
    """Prints the table or the rows or the object, or writes a file and says where."""
    nets = [*args.nets, *(zoo_networks() if args.zoo else ())]
    _require_sense(args, nets)
    graphs = load_all((net, settings(args)) for net in nets)
    graphs = graphs if args.training else [inference(graph) for graph in graphs]
    if args.output and args.output.suffix == CSV:
        write_whole(args.output, to_csv(graphs, args.dtype).encode())
        tell_written(args.output)
    elif args.output:
        chart = args.chart or CHARTS[0]
        svg = to_svg(*graphs, chart=chart, theme=args.theme, precision=args.dtype)
        write_picture(args.output, svg)
    else:
        # A line of CSV has an end of its own.
        print(_text(args, graphs), end="" if args.csv else "\n")
    return 0


def _text(args: argparse.Namespace, graphs: Sequence[Graph]) -> str:
    if args.csv:
        return to_csv(graphs, args.dtype)
    if args.json:
        objects = [describe(graph, args.dtype) for graph in graphs]
        return json_text(objects if len(objects) > 1 else objects[0])
    if len(graphs) > 1:
        return comparison(graphs, args.dtype, _width())
    return table(graphs[0], args.layers, args.dtype, sys.stdout.isatty(), _width())


def _width() -> int | None:
    """The columns of the terminal, at least so many that names stay; what a pipe reads has none."""
    return max(LEAST, get_terminal_size().columns) if sys.stdout.isatty() else None


def _require_sense(args: argparse.Namespace, nets: Sequence[str]) -> None:
    if not nets:
        raise error("there is no network to summarize", help="name one, or write --zoo for all")
    if args.json and (args.csv or args.output):
        other = "--csv" if args.csv else "-o"
        raise error(f"'--json' and '{other}' are two forms", help="leave one of them out")
    if args.output:
        require_format(args.output, (*FORMATS, CSV), "summary")
        require_outputs([("-o", args.output)], nets)
    draws = args.output and args.output.suffix in FORMATS
    if args.csv and draws:
        raise error(f"'--csv' is no '{args.output.suffix}'", help="write -o FILE.csv")
    if args.chart and not draws:
        raise error("'--chart' draws", help="name the picture with -o FILE.svg")
    if args.chart == "treemap" and len(nets) > 1:
        raise error("a treemap is of one network", help="--chart bars compares several")
    if args.layers and len(nets) > 1 and not (args.csv or args.json or args.output):
        raise error("'--layers' lists those of one network", help="--csv lists those of several")
