"""`netlang draw`: a picture of a network."""

from __future__ import annotations

import argparse
from pathlib import Path

from netlang.backends.dot import to_dot, to_svg
from netlang.commands.common import add_net_argument, load_net
from netlang.diagnostic import error
from netlang.files import write_whole

HELP = "Draw a network: a box a layer, a frame a group."

FORMATS = (".svg", ".dot")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="FILE.svg or FILE.dot (default: NET.svg)"
    )


def run(args: argparse.Namespace) -> int:
    """Writes the picture and says where."""
    graph = load_net(args)
    path: Path = args.output or Path(f"{graph.name}.svg")
    if path.suffix not in FORMATS:
        raise error(
            f"netlang does not draw '{path.suffix or path.name}' files",
            help=f"end the name with {' or '.join(FORMATS)}: -o {path.with_suffix('.svg')}",
        )
    drawing = to_svg(graph) if path.suffix == ".svg" else to_dot(graph).encode()
    write_whole(path, drawing)
    print(f"wrote {path}")
    return 0
