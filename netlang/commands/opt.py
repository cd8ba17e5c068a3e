"""`netlang opt`: passes on a printed graph, one at a time if you like."""

from __future__ import annotations

import argparse
import sys

from netlang.commands.common import add_target_arguments, target
from netlang.diagnostic import error
from netlang.ir.graph import Graph, InvariantError, verify
from netlang.ir.op import ShapeError
from netlang.ir.printer import print_graph
from netlang.lower.printed import parse_graph
from netlang.passes import PIPELINE, Optimized, named, optimize
from netlang.syntax.parser import read

HELP = (
    "Run passes on a graph as `netlang compile --emit graph` prints it, and print what they make "
    "of it."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("file", metavar="FILE", help="a printed graph; - reads standard input")
    parser.add_argument(
        "--pass",
        dest="passes",
        action="append",
        metavar="PASS",
        help="a pass to run, in the order given (all of the pipeline, in its own order)",
    )
    add_target_arguments(parser)
    parser.add_argument(
        "--explain", action="store_true", help="what each pass did and refused, on standard error"
    )


def run(args: argparse.Namespace) -> int:
    """Prints the optimized graph."""
    chosen = tuple(map(named, args.passes)) if args.passes else PIPELINE
    optimized = optimize(_graph(args.file), chosen, target(args))
    if args.explain:
        print(_explained(optimized), file=sys.stderr)
    print(print_graph(optimized.graph), end="")
    return 0


def _graph(file: str) -> Graph:
    name, text = ("<stdin>", sys.stdin.read()) if file == "-" else (file, read(file).text)
    graph = parse_graph(text, name)
    try:
        return verify(graph)
    except (InvariantError, ShapeError) as fault:
        # A person wrote this graph: what would be a bug of a pass is a mistake here.
        raise error(f"'{name}' is not a valid graph: {fault}") from None


def _explained(optimized: Optimized) -> str:
    return "\n".join(
        f"{report.name}\n" + "".join(f"  {note}\n" for note in report.changed + report.skipped)
        for report in optimized.reports
    )
