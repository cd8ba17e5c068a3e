"""`netlang train`: a network learns as its `train` says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from netlang.classes import class_count, classifiers
from netlang.commands.common import (
    add_net_argument,
    add_threads_argument,
    load_net,
    note_strangeness,
    progress,
    require_seed,
    settings,
    show,
)
from netlang.commands.outputs import require_outputs
from netlang.commands.pictures import add_theme_argument, require_format
from netlang.diagnostic import NetError, error
from netlang.ground.files import write_whole
from netlang.images import Preparation
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.pictures.picture import FORMATS, encoded
from netlang.running.pace import Pace
from netlang.training.begin import begin
from netlang.training.data import Dataset, read_dataset, require_classes
from netlang.training.log import as_csv, head, line, moving
from netlang.training.loop import Tally, Training
from netlang.training.plot import to_svg
from netlang.training.recipe import Options, Recipe
from netlang.training.report import opening
from netlang.training.schedule import Progress
from netlang.training.state import epochs_kept, path_beside, require_state, resume, save

HELP = (
    "Train a network as its 'train' says, as the papers did. Data are a folder that holds a folder "
    "of images for each class, in natural order, or a .npz file of arrays: 'images' (N x H x W x "
    "3, or N x H x W where they are gray, of uint8) and 'labels' (N whole numbers from 0). Images "
    "are prepared as the network's 'input' declares, as for 'netlang run'. Each epoch writes the "
    "weights to -o, and beside it what --resume needs to go on. An image that cannot be read is "
    "named and left out."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument("data", type=Path, metavar="DATA", help="what to learn from")
    parser.add_argument("--val", type=Path, metavar="DATA", help="what to test on after each epoch")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the weights: safetensors"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE", help="weights to start from")
    parser.add_argument(
        "--seed", type=int, default=0, help="of weights, order and all other chance (0)"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from where the training of -o stopped"
    )
    recipe = parser.add_argument_group("other than the recipe says")
    recipe.add_argument("--lr", type=float, metavar="RATE", help="learning rate at first")
    recipe.add_argument("--batch", type=int, metavar="N", help="images a step")
    recipe.add_argument("--epochs", type=int, metavar="N", help="how long, in passes over the data")
    recipe.add_argument("--iterations", type=int, metavar="N", help="how long, in steps")
    how = parser.add_argument_group("how it runs and what it tells")
    how.add_argument("--device", choices=("cpu", "cuda"), help="(a GPU, where there is one)")
    add_threads_argument(parser)
    how.add_argument("--log", type=Path, metavar="FILE", help="write a CSV of a line an epoch")
    how.add_argument("--plot", type=Path, metavar="FILE", help="draw the errors: svg, png or pdf")
    add_theme_argument(how)


def run(args: argparse.Namespace) -> int:
    """Trains, and tells each epoch; 1 where an image could not be read."""
    graph = load_net(args)
    training = _begin(args, graph)
    if args.resume:
        resume(args.output, training)
    if training.is_done:
        return _end(args, graph, training)
    print(opening(training))
    print(head())
    try:
        failed = _train(args, graph, training)
    except KeyboardInterrupt:
        print(f"\n{_stopped(args.output)}", file=sys.stderr)
        raise
    print(f"wrote {args.output}")
    return 1 if failed else 0


def _begin(args: argparse.Namespace, graph: Graph) -> Training:
    _require_sense(args)
    class_count(graph)
    options = Options(args.lr, args.batch, args.epochs, args.iterations)
    recipe, preparation = Recipe.of(graph, options), Preparation.of(graph)
    data, validation = (
        _read(args, graph, path, preparation) if path else None for path in (args.data, args.val)
    )
    assert data
    weights = _to_tune(args.weights, graph) if args.weights else None
    with progress("looking at the images"):
        return begin(graph, recipe, data, validation, weights, args.seed, args.device, args.threads)


def _to_tune(path: Path, graph: Graph) -> Mapping[str, Any]:
    """Weights to start from; what scores other classes than they do starts anew, and is told."""
    from netlang.weights import layer_of, read_weights, tensors
    from netlang.weights.file import require_finite

    scoring = classifiers(graph)
    weights = read_weights(path, graph, scoring)
    require_finite(weights, path)
    note_strangeness(path, graph, scoring)
    anew = dict.fromkeys(layer_of(name) for name in tensors(graph) if name not in weights)
    if anew:
        why = f"'{path}' has none, or for other classes"
        print(f"note: these layers start anew, as {why}: {', '.join(anew)}", file=sys.stderr)
    return weights


def _read(args: argparse.Namespace, graph: Graph, path: Path, preparation: Preparation) -> Dataset:
    data = read_dataset(path, preparation)
    require_classes(data, graph, _setting(args))
    return data


def _setting(args: argparse.Namespace) -> Callable[[int], str]:
    """How the network is made for so many classes, if it has a parameter for it."""

    def help(classes: int) -> str:
        try:
            graph = load(args.net, **settings(args) | {"classes": str(classes)})
        except NetError:
            return f"end the network with: linear {classes} -> softmax"
        return f"write --set classes={classes}" if class_count(graph) == classes else ""

    return help


def _require_sense(args: argparse.Namespace) -> None:
    require_seed(args.seed)
    if args.epochs and args.iterations:
        raise error("'--epochs' and '--iterations' both say how long", help="leave one of them out")
    if args.resume and args.weights:
        raise error("'--resume' has weights of its own", help="leave out --weights")
    if args.plot:
        require_format(args.plot, FORMATS, "training", "--plot")
    beside = path_beside(args.output)
    outputs = [("-o", args.output), ("-o", beside), ("--log", args.log), ("--plot", args.plot)]
    require_outputs(outputs, (args.net, args.data, args.val, args.weights))
    if args.resume:
        require_state(args.output)
    elif beside.exists():
        raise error(
            f"'{beside}' is of an earlier training, which would be lost",
            help="go on with --resume, or give -o another name",
        )


def _train(args: argparse.Namespace, graph: Graph, training: Training) -> set[str]:
    """Trains to the end, writes after each epoch, and gives what could not be read."""
    failed = set[str]()
    left = training.iterations - training.progress.iteration
    pace = Pace(left * training.recipe.batch)
    start = training.progress.iteration

    def fail(name: str, fault: NetError) -> None:
        if name not in failed:
            print(f"error: {fault.diagnostics[0].message}", file=sys.stderr)
        failed.add(name)

    def seen(at: Progress, lr: float, tally: Tally) -> None:
        pace.done = (at.iteration - start) * training.recipe.batch
        show(moving(training, at, lr, tally, pace), is_last=False)

    for row in training.epochs(seen, fail):
        save(args.output, training)
        print(line(row), flush=True)
        _write_rows(args, graph, training)
    return failed


def _write_rows(args: argparse.Namespace, graph: Graph, training: Training) -> None:
    if args.log:
        write_whole(args.log, as_csv(training.rows).encode())
    if args.plot:
        svg = to_svg(graph.name, training.recipe, training.rows, args.theme)
        write_whole(args.plot, encoded(svg, args.plot.suffix))


def _end(args: argparse.Namespace, graph: Graph, training: Training) -> int:
    """Tells that a training was done before, and writes what of it is not there."""
    _write_rows(args, graph, training)
    if args.output.is_file():
        iterations = training.rows[-1].iterations
        print(f"'{args.output}' holds all {iterations:,} iterations: nothing is left to train")
    else:
        save(args.output, training)
        print(f"wrote {args.output}")
    return 0


def _stopped(path: Path) -> str:
    """How an interrupted training goes on."""
    # What is on the disk decides: Ctrl-C may have come between the weights and the state.
    done = epochs_kept(path)
    if done is None:
        return "stopped within the first epoch: there is nothing to go on from"
    return f"stopped: the same command with --resume goes on with epoch {done + 1}"
