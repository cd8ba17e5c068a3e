"""`netlang draw`: a picture of a network, of several side by side, or of how two differ."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from netlang.backends.draw import View, laid_out, to_diff_dot, to_dot, volumes
from netlang.backends.page import to_html
from netlang.commands.common import (
    add_nets_argument,
    add_side_settings,
    add_target_arguments,
    load_nets,
    load_sides,
    target,
)
from netlang.commands.outputs import require_outputs, tell_written
from netlang.commands.pictures import add_theme_argument, require_format, write_picture
from netlang.diagnostic import error, near_or_all
from netlang.diff import compare
from netlang.ground.files import write_whole
from netlang.ground.tree import tree
from netlang.ir.graph import Graph
from netlang.passes import optimize
from netlang.pictures.picture import FORMATS
from netlang.views.part import part

HELP = (
    "Draw networks: a box a layer, a frame a group, a colour the size of the image that it gives. "
    "A block that repeats is drawn once, with its number: ×35. Several networks stand side by side."
)

NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold (section 2.2), and so no SVG: control characters and bytes of no text."""

DOT, PAGE = ".dot", ".html"
PAPER, VOLUMES = "paper", "volumes"
TARGET = "--device", "--batch", "--dtype"
"""What says for what the graph is made fast that `-O` draws."""


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
    add_target_arguments(parser.add_argument_group("what -O makes it fast for"))
    parser.add_argument(
        "--diff", metavar="B", help="draw what changed from NET to network B, both in one"
    )
    add_side_settings(parser)
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
        choices=[PAPER, VOLUMES],
        default=PAPER,
        help="boxes and lines, as in the ResNet paper (paper), or the feature maps of a network "
        "without branches as volumes, as in AlexNet's",
    )
    add_theme_argument(look)
    look.add_argument("--horizontal", action="store_true", help="from left to right")
    look.add_argument("--title", metavar="TEXT", help="what stands above it all")


def run(args: argparse.Namespace) -> int:
    """Writes the picture and says where."""
    _require_pair(args)
    graphs = _graphs(args)
    stem = "-".join(graph.name.replace("/", "_") for graph in graphs)
    path: Path = args.output or Path(f"{stem}.svg")
    _require_sense(args, path, graphs)
    if args.optimized:
        graphs = [optimize(graph, target=target(args)).graph for graph in graphs]
    drawing = _drawing(args, graphs, path.suffix)
    if isinstance(drawing, str):
        write_whole(path, drawing.encode())
        tell_written(path)
    else:
        write_picture(path, drawing)
    return 0


def _graphs(args: argparse.Namespace) -> list[Graph]:
    graphs = [*load_sides(args, args.nets[0], args.diff)] if args.diff else load_nets(args)
    return [part(graph, args.block) for graph in graphs] if args.block is not None else graphs


def _drawing(args: argparse.Namespace, graphs: list[Graph], suffix: str) -> str | bytes:
    """A text, or the SVG of a picture."""
    view = _view(args)
    if suffix == PAGE:
        return to_html(*graphs, view=view)
    if args.style == VOLUMES:
        return volumes.to_svg(*graphs, view=view)
    if args.diff:
        source = to_diff_dot(compare(*graphs, expand=view.expand, flat=view.flat), view)
    else:
        source = to_dot(*graphs, view=view)
    return source if suffix == DOT else laid_out(source)


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


def _require_pair(args: argparse.Namespace) -> None:
    if args.diff and len(args.nets) > 1:
        raise error(
            f"'--diff' compares two networks, and gets {len(args.nets) + 1}",
            help="write netlang draw A --diff B",
        )
    if not args.diff and (args.set_a or args.set_b):
        raise error("'--set-a' and '--set-b' are for '--diff'", help="write '--set'")
    for option in TARGET:
        if not args.optimized and getattr(args, option[2:]) is not None:
            raise error(f"'{option}' is for '-O'", help="write -O, or leave it out")


def _require_sense(args: argparse.Namespace, path: Path, graphs: list[Graph]) -> None:
    require_format(path, (*FORMATS, DOT, PAGE), "network")
    require_outputs([("-o", path)], (*args.nets, args.diff))
    output = f"-o {path}"
    flow = {"--expand": args.expand, "--depth": args.depth is not None}
    flow |= {"--horizontal": args.horizontal, output: path.suffix in (DOT, PAGE)}
    kernels = {"-O": args.optimized}
    if args.style == VOLUMES:
        _refuse(f"--style {VOLUMES}", {**kernels, **flow, "--diff": args.diff})
    if args.diff:
        _refuse("--diff", {**kernels, output: path.suffix == PAGE})
    if args.depth == 0:
        _refuse("--depth 0", {"--flat": args.flat})
    if args.depth is not None and args.depth < 0:
        raise error(f"'--depth {args.depth}' is below 0", help="--depth 0 draws groups as boxes")
    if NOT_XML.search(args.title or ""):
        raise error("'--title' has a character that no picture shows", help="leave it out")
    groups = dict.fromkeys(g.path for graph in graphs for g in tree(graph.nodes).descendants())
    for group in args.expand:
        if group not in groups:
            raise error(f"there is no group '{group}' to expand", help=_suggestion(group, groups))


def _refuse(option: str, others: Mapping[str, object]) -> None:
    """`NetError` where one of the others is given besides."""
    for other, is_given in others.items():
        if is_given:
            raise error(f"'{option}' takes no '{other}'", help="leave one of them out")


def _suggestion(group: str, groups: dict[str, None]) -> str:
    outermost = [name for name in groups if "." not in name]
    return near_or_all(group, groups, outermost) if groups else "the network has no groups"
