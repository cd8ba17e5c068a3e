"""`netlang run`: what a network sees in images."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from netlang.classes import class_count, is_classifier, read_labels, to_probabilities
from netlang.commands.common import (
    add_engine_arguments,
    add_net_argument,
    add_weights_arguments,
    counter,
    engine_of,
    json_text,
    load_net,
    load_weights,
    require_seed,
    show,
)
from netlang.commands.outputs import require_no_input_in, require_outputs
from netlang.device import require_batch
from netlang.diagnostic import NetError, error
from netlang.engines import Engine
from netlang.ir.graph import Graph
from netlang.running.batches import Sink, run_batches
from netlang.running.inputs import ARRAY, Input, Prepared, find, items, prepared_by, tested_by
from netlang.running.layers import ENGINE, matching, require_free, values_into
from netlang.running.outputs import outputs_into
from netlang.running.pace import LONG, Pace
from netlang.running.report import Report, as_csv, as_json, as_text
from netlang.running.sizes import AnySize
from netlang.running.timing import RUNS, WARM, Timing, describe, table, timed
from netlang.running.views import Views

HELP = (
    "Run a network on images and print the classes that it finds likeliest. The attributes of the "
    "network's 'input' say how an image is prepared. Where they say nothing, its shorter side "
    "becomes 8/7 of the input's (256 for 224; or what the recipe's 'resize' says), the middle is "
    "cut out, and its colours are normalized by ImageNet's mean and deviation. With --eval, the "
    "network is tested as its 'eval' says, on corners and mirror images, at several sizes, or over "
    "the whole image, and the mean of all is told. What cannot be read is named and left "
    "out, and the exit status is 1."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument(
        "inputs",
        nargs="*",
        metavar="INPUT",
        help="an image (JPEG, PNG and more), a folder of these, a pattern such as "
        "'photos/*.jpg', or a .npy array, N x C x H x W or C x H x W, which is taken as prepared",
    )
    add_weights_arguments(parser)
    add_engine_arguments(parser)
    parser.add_argument(
        "--eval",
        action="store_true",
        help="test each image as the network's 'eval' says, and tell the mean of all views",
    )
    parser.add_argument("--labels", type=Path, metavar="FILE", help="names of classes, a line each")
    parser.add_argument("--top", type=int, default=5, metavar="K", help="classes shown (5)")
    parser.add_argument(
        "--batch", type=int, default=8, metavar="N", help="images at a time, or views (8)"
    )
    parser.add_argument(
        "--layers",
        action="append",
        default=[],
        metavar="NAME",
        help="write the values of a layer to the folder of -o, or of all layers that match a "
        "pattern such as 'conv2_x.*'; may be given again",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="write what the network gives to this .npy array; with --layers, the folder",
    )
    parser.add_argument(
        "--time", action="store_true", help="time each layer at this batch; needs no INPUT"
    )
    shapes = parser.add_mutually_exclusive_group()
    shapes.add_argument("--json", action="store_true", help="print one JSON object")
    shapes.add_argument("--csv", action="store_true", help="print a line an image and rank")


def run(args: argparse.Namespace) -> int:
    """Runs, writes and reports; 1 where an input could not be read."""
    graph = load_net(args)
    _require_sense(args, graph)
    layers = matching(graph, args.layers)
    paths = find(args.inputs)
    _require_place(args, paths)
    preparation = (tested_by if args.eval else prepared_by)(paths, graph, _mean_image(args))
    found = list(items(paths, graph, preparation))
    labels = read_labels(args.labels, graph) if args.labels else None
    shown = to_probabilities(graph) if args.eval else graph
    engine = _engine(args, shown, preparation, len(found))
    report = Report(shown, args.weights, engine, preparation, args.top, labels)
    if found:
        with ExitStack() as files:
            sinks: list[Sink] = [report.take] if is_classifier(graph) else []
            if layers:
                weights = load_weights(args, graph)
                sinks.append(files.enter_context(values_into(args.output, graph, weights, layers)))
            elif args.output:
                sinks.append(files.enter_context(outputs_into(args.output)))
            _run_all(found, args.batch, sinks, report)
    _print(args, report, _timing(engine, args.batch) if args.time else None)
    return 1 if report.failed else 0


def _mean_image(args: argparse.Namespace) -> Any:
    """That of the weights, if they have one."""
    from netlang.weights import read_mean_image

    return read_mean_image(args.weights) if args.weights else None


def _engine(
    args: argparse.Namespace, graph: Graph, preparation: Prepared | None, images: int
) -> Engine | AnySize:
    """What runs the network on so many images; on whole ones, in the form for the size of each."""
    if isinstance(preparation, Views) and preparation.is_dense:
        weights = load_weights(args, graph)
        batch = min(args.batch, preparation.views_a_side)
        return AnySize(
            graph,
            lambda form: engine_of(args, form, batch, weights=weights),
            kept=len(preparation.sides),
        )
    views = images * (preparation.views if preparation else 1)
    # Of one that others compile, no layer is left to time.
    usual = "torch" if args.time else None
    return engine_of(args, graph, min(args.batch, views) or args.batch, usual)


def _require_sense(args: argparse.Namespace, graph: Graph) -> None:
    require_seed(args.seed)
    require_batch(args.batch)
    if args.top < 1:
        raise error(f"'--top {args.top}' shows nothing", help="write --top 5")
    if not (args.inputs or args.time):
        raise error(f"there is nothing to run '{graph.name}' on", help="name an image or a folder")
    if args.output and not args.inputs:
        raise error(f"'-o {args.output}' has nothing to write", help="name an image or a folder")
    if args.layers and not args.output:
        raise error("'--layers' writes arrays, and has no folder", help="name one: -o values")
    if args.output and not args.layers and args.output.suffix != ARRAY:
        raise error(
            f"'-o {args.output}' names no array", help=f"write -o {args.output.with_suffix(ARRAY)}"
        )
    if args.csv and args.time:
        raise error("'--csv' has no place for '--time'", help="write --json")
    _require_test(args)
    if args.eval or (args.inputs and not args.output):
        # There would be nothing to tell.
        class_count(graph, "" if args.eval else f"write it to an array, -o OUT{ARRAY}, or ")


def _require_place(args: argparse.Namespace, paths: Sequence[Path]) -> None:
    read = (args.net, args.weights, args.labels, *paths)
    if args.layers:
        require_free(args.output)
        require_no_input_in(args.output, read)
    else:
        require_outputs([("-o", args.output)], read)


def _require_test(args: argparse.Namespace) -> None:
    if args.eval and args.layers:
        raise error(
            "'--layers' writes the values of one view, and '--eval' has several",
            help="leave out --eval",
        )
    if args.eval and args.time:
        raise error("'--time' times the network at one view", help="leave out --eval")


def _run_all(found: Sequence[Input], size: int, sinks: Sequence[Sink], report: Report) -> None:
    """Runs all inputs, and shows how fast that goes."""
    pace = Pace(len(found))

    def count(names: Sequence[str], _inputs: Any = None, _outputs: Any = None) -> None:
        pace.done += len(names)
        show(pace.line(), is_last=pace.done == pace.total)

    def fail(name: str, fault: NetError) -> None:
        print(f"error: {report.fail(name, fault)}".ljust(len(pace.line())), file=sys.stderr)
        count([name])

    show(pace.line(), is_last=False)
    views = report.preparation.views if report.preparation else 1
    run_batches(report.engine, found, size, [*sinks, count], fail, views)
    if pace.seconds > LONG:
        print(pace.summary(), file=sys.stderr)
    if report.failed:
        print(f"{len(report.failed)} of {pace.total} could not be read", file=sys.stderr)


def _timing(engine: Any, batch: int) -> Timing:
    return timed(engine, batch, counter("timing layers", WARM + RUNS))


def _print(args: argparse.Namespace, report: Report, timing: Timing | None) -> None:
    if args.csv:
        print(as_csv(report), end="")
    elif args.json:
        times = {"timing": describe(timing)} if timing else {}
        views = {"views": report.preparation.views} if args.eval and report.preparation else {}
        print(json_text(as_json(report) | views | times, indent=2))
    else:
        tables = as_text(report, args.seed), table(timing) if timing else ""
        print("\n\n".join(filter(None, tables)))
    if args.output:
        by = f" with the values of {ENGINE}" if args.layers else ""
        print(f"wrote {args.output}{by}", file=sys.stderr)
