"""`netlang draw`: a picture of a network, or of several side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from netlang.backends.draw import View, render, to_diff_dot, to_dot
from netlang.backends.draw.style import PALETTES
from netlang.commands.common import add_side_settings, load_sides, require_format, settings
from netlang.diagnostic import did_you_mean, error
from netlang.diff import compare
from netlang.files import write_whole
from netlang.fold import scopes
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import optimize

HELP = (
    "Draw networks: a box a layer, a frame a group, a colour a size of image. A block that repeats "
    "is drawn once, with its number: ×35. Several networks stand side by side."
)

FORMATS = (".svg", ".dot")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "nets", nargs="+", metavar="NET", help="a .net file, or the name of a zoo network"
    )
    parser.add_argument(
        "--diff", metavar="B", help="draw what changed from NET to network B, both in one"
    )
    add_side_settings(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="FILE.svg or FILE.dot (default: NET.svg)"
    )
    parser.add_argument("-O", "--optimized", action="store_true", help="the graph that is compiled")
    detail = parser.add_argument_group("how much of it")
    detail.add_argument("--flat", action="store_true", help="every layer: no repeat is folded")
    detail.add_argument(
        "--expand",
        action="append",
        default=[],
        metavar="GROUP",
        help="fold no repeat in this group; may be given again",
    )
    detail.add_argument("--depth", type=int, metavar="N", help="N levels of groups; 0: none")
    detail.add_argument("--shapes", action="store_true", help="the output's shape in every box")
    detail.add_argument("--params", action="store_true", help="the number of parameters as well")
    look = parser.add_argument_group("how it looks")
    look.add_argument("--theme", choices=list(PALETTES), default="light", help="the paper (light)")
    look.add_argument("--horizontal", action="store_true", help="from left to right")


def run(args: argparse.Namespace) -> int:
    """Writes the picture and says where."""
    _require_pair(args)
    if args.diff:
        graphs = list(load_sides(args, args.nets[0], args.diff))
    else:
        graphs = [load(net, **settings(args)) for net in args.nets]
    stem = "-".join(graph.name.replace("/", "_") for graph in graphs)
    path: Path = args.output or Path(f"{stem}.svg")
    _require_sense(args, path, graphs)
    source = _source(args, graphs)
    write_whole(path, render(source) if path.suffix == ".svg" else source.encode())
    print(f"wrote {path}")
    return 0


def _source(args: argparse.Namespace, graphs: list[Graph]) -> str:
    view = _view(args)
    if args.diff:
        return to_diff_dot(compare(*graphs, expand=view.expand, flat=view.flat), view)
    if args.optimized:
        graphs = [optimize(graph).graph for graph in graphs]
    return to_dot(*graphs, view=view)


def _view(args: argparse.Namespace) -> View:
    return View(
        theme=args.theme,
        horizontal=args.horizontal,
        shapes=args.shapes,
        params=args.params,
        flat=args.flat,
        expand=tuple(args.expand),
        depth=args.depth,
    )


def _require_pair(args: argparse.Namespace) -> None:
    if args.diff and len(args.nets) > 1:
        raise error(
            f"'--diff' compares two networks, and gets {len(args.nets) + 1}",
            help="write netlang draw A --diff B",
        )
    if args.diff and args.optimized:
        raise error("'--diff' compares networks as they are written", help="leave out '-O'")
    if not args.diff and (args.set_a or args.set_b):
        raise error("'--set-a' and '--set-b' are for '--diff'", help="write '--set'")


def _require_sense(args: argparse.Namespace, path: Path, graphs: list[Graph]) -> None:
    require_format(path, FORMATS, "network")
    if args.depth is not None and args.depth < 0:
        raise error(f"'--depth {args.depth}' is below 0", help="--depth 0 draws groups as boxes")
    groups = dict.fromkeys(s for graph in graphs for node in graph for s in scopes(node.name))
    for group in args.expand:
        if group not in groups:
            raise error(f"there is no group '{group}' to expand", help=_suggestion(group, groups))


def _suggestion(group: str, groups: dict[str, None]) -> str:
    outermost = ", ".join(name for name in groups if "." not in name)
    there_are = f"there are: {outermost}" if outermost else "the network has no groups"
    return did_you_mean(group, groups) or there_are
