"""`netlang draw`: a picture of a network, or of several side by side."""

from __future__ import annotations

import argparse
from pathlib import Path

from netlang.backends.draw import View, to_dot, to_svg, volumes
from netlang.backends.page import to_html
from netlang.commands.common import add_nets_argument, require_format, settings, write_picture
from netlang.diagnostic import did_you_mean, error
from netlang.files import write_whole
from netlang.fold import scopes
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.palette import PALETTES
from netlang.part import part
from netlang.passes import optimize
from netlang.picture import FORMATS

HELP = (
    "Draw networks: a box a layer, a frame a group, a colour a size of image. A block that repeats "
    "is drawn once, with its number: ×35. Several networks stand side by side."
)

TEXTS = {".dot": to_dot, ".html": to_html}
VOLUMES = "volumes"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_nets_argument(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="as .svg, .png, .pdf, .dot, or .html to explore (default: NET.svg)",
    )
    parser.add_argument("-O", "--optimized", action="store_true", help="the graph that is compiled")
    detail = parser.add_argument_group("how much of it")
    detail.add_argument(
        "--block", metavar="NAME", help="the first block or group of that name alone: inception"
    )
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
    look.add_argument(
        "--style",
        choices=["paper", VOLUMES],
        default="paper",
        help="boxes and lines, as in the ResNet paper (paper), or the feature maps of a network "
        "without branches as volumes, as in AlexNet's",
    )
    look.add_argument("--theme", choices=list(PALETTES), default="light", help="the paper (light)")
    look.add_argument("--horizontal", action="store_true", help="from left to right")
    look.add_argument("--title", metavar="TEXT", help="what stands above it all")


def run(args: argparse.Namespace) -> int:
    """Writes the picture and says where."""
    graphs = [load(net, **settings(args)) for net in args.nets]
    if args.block:
        graphs = [part(graph, args.block) for graph in graphs]
    path: Path = args.output or Path("-".join(graph.name for graph in graphs) + ".svg")
    _require_sense(args, path, graphs)
    if args.optimized:
        graphs = [optimize(graph).graph for graph in graphs]
    if path.suffix in TEXTS:
        write_whole(path, TEXTS[path.suffix](*graphs, view=_view(args)).encode())
        print(f"wrote {path}")
    else:
        to_picture = volumes.to_svg if args.style == VOLUMES else to_svg
        write_picture(path, to_picture(*graphs, view=_view(args)))
    return 0


def _view(args: argparse.Namespace) -> View:
    return View(
        theme=args.theme,
        horizontal=args.horizontal,
        shapes=args.shapes,
        params=args.params,
        flat=args.flat,
        expand=tuple(args.expand),
        depth=args.depth,
        title=args.title or "",
    )


def _require_sense(args: argparse.Namespace, path: Path, graphs: list[Graph]) -> None:
    require_format(path, (*FORMATS, *TEXTS), "network")
    if args.style == VOLUMES:
        _require_volumes(args, path)
    if args.depth is not None and args.depth < 0:
        raise error(f"'--depth {args.depth}' is below 0", help="--depth 0 draws groups as boxes")
    groups = dict.fromkeys(s for graph in graphs for node in graph for s in scopes(node.name))
    for group in args.expand:
        if group not in groups:
            raise error(f"there is no group '{group}' to expand", help=_suggestion(group, groups))


def _require_volumes(args: argparse.Namespace, path: Path) -> None:
    said = {
        "--optimized": args.optimized,
        "--expand": args.expand,
        "--depth": args.depth is not None,
        "--horizontal": args.horizontal,
        f"-o {path}": path.suffix in TEXTS,
    }
    for option, is_said in said.items():
        if is_said:
            raise error(f"'--style {VOLUMES}' takes no '{option}'", help="leave one of them out")


def _suggestion(group: str, groups: dict[str, None]) -> str:
    outermost = ", ".join(name for name in groups if "." not in name)
    there_are = f"there are: {outermost}" if outermost else "the network has no groups"
    return did_you_mean(group, groups) or there_are
