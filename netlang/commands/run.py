"""`netlang run`: what a network sees in an image."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from netlang.classes import class_count, likeliest, read_labels
from netlang.commands.common import (
    add_engine_arguments,
    add_net_argument,
    engine_of,
    load_net,
    progress,
)
from netlang.diagnostic import error
from netlang.images import preparation, read_image
from netlang.ir.graph import Graph
from netlang.recipe import Resize

HELP = (
    "Run a network on images and print the classes that it finds likeliest. An image is scaled "
    "until its shorter side is 8/7 of the network's input (256 for 224; or what the recipe's "
    "'resize' says), its middle is cut out, and its colours are normalized by ImageNet's mean and "
    "deviation."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument(
        "--image",
        dest="images",
        type=Path,
        action="append",
        required=True,
        metavar="FILE",
        help="an image, JPEG, PNG and more; may be given again",
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a safetensors file")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="names of classes, a line each")
    parser.add_argument("--top", type=int, default=5, metavar="K", help="classes shown (5)")
    parser.add_argument("--seed", type=int, default=0, help="of random weights (0)")
    add_engine_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Prints the likeliest classes of each image."""
    graph = load_net(args)
    _require_sense(args, graph)
    labels = read_labels(args.labels, graph) if args.labels else None
    x, shorter = graph.inputs[0].type, _shorter(graph)
    images = [read_image(path, x, shorter) for path in args.images]
    engine = engine_of(args, graph, batch=1)
    report: dict[str, Any] = {
        "name": graph.name,
        "weights": str(args.weights) if args.weights else None,
        "engine": engine.description,
        "preparation": preparation(x, shorter),
        "images": [],
    }
    for number, (path, image) in enumerate(zip(args.images, images, strict=True), 1):
        with progress(f"image {number} of {len(images)}"):
            top = likeliest(graph, engine(image[None])[0], args.top)
        for place in top:
            place["label"] = labels[place["class"]] if labels else None
        report["images"].append({"image": str(path), "top": top})
    print(json.dumps(report, indent=2) if args.json else _text(report, args.seed))
    return 0


def _require_sense(args: argparse.Namespace, graph: Graph) -> None:
    class_count(graph)
    if args.top < 1:
        raise error(f"'--top {args.top}' shows nothing", help="write --top 5")
    if args.seed < 0:
        raise error(f"'--seed {args.seed}' is below 0")
    if len(graph.inputs) > 1:
        raise error(f"'{graph.name}' has {len(graph.inputs)} inputs; 'run' gives it one image")


def _shorter(graph: Graph) -> int:
    """The shorter side that the recipe wants, or 0."""
    words = dict(graph.recipes).get("eval", ())
    return next((word.side for word in words if isinstance(word, Resize)), 0)


def _text(report: dict[str, Any], seed: int) -> str:
    lines = [f"{report['name']}: {report['preparation']}", f"run by {report['engine']}"]
    if report["weights"] is None:
        lines.append(f"The weights are random (seed {seed}): what follows means nothing.")
    for entry in report["images"]:
        lines += ["", entry["image"]]
        for place in entry["top"]:
            name = place["label"] or f"class {place['class']}"
            lines.append(f"  {place['probability']:7.2%}  {name}")
    return "\n".join(lines)
