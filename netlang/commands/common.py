"""What several commands share: arguments, what they mean, and a word on long work."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from netlang.device import DEVICES, Target
from netlang.diagnostic import Diagnostic, NetError, error
from netlang.ir.graph import Graph
from netlang.kernels.precision import PRECISIONS
from netlang.lower import load

if TYPE_CHECKING:
    from netlang.engines import Engine, Numbers

NET = "a .net file, or the name of a zoo network"
SIDES = ("a", "b")


def add_net_argument(parser: argparse.ArgumentParser) -> None:
    """The network, and the values of its parameters."""
    parser.add_argument("net", metavar="NET", help=NET)
    add_settings(parser)


def add_nets_argument(parser: argparse.ArgumentParser, nargs: Literal["+", "*"] = "+") -> None:
    """Networks, and the values of their parameters."""
    parser.add_argument("nets", nargs=nargs, metavar="NET", help=NET)
    add_settings(parser)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--set name=value`."""
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="give a parameter of the net another value; may be given again",
    )


def load_net(args: argparse.Namespace) -> Graph:
    """The graph that the arguments ask for."""
    return load(args.net, **settings(args))


def load_all(nets: Iterable[tuple[str, Mapping[str, str]]]) -> list[Graph]:
    """The graphs of networks with their settings; `NetError` with the mistakes of all."""
    graphs, faults = list[Graph](), list[Diagnostic]()
    for net, own in nets:
        try:
            graphs.append(load(net, **own))
        except NetError as fault:
            faults += fault.diagnostics
    if faults:
        raise NetError(*faults)
    return graphs


def load_nets(args: argparse.Namespace) -> list[Graph]:
    """The graphs that the arguments ask for."""
    return load_all((net, settings(args)) for net in args.nets)


def settings(args: argparse.Namespace) -> dict[str, str]:
    """The values of `--set`, by parameter."""
    return _values("--set", args.settings)


def _values(option: str, texts: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise error(f"'{option} {text}' gives no value", help=f"write {option} classes=10")
        values[name] = value
    return values


def add_side_settings(parser: argparse.ArgumentParser) -> None:
    """`--set-a name=value` and `--set-b`: `--set` for one of two networks."""
    for side in SIDES:
        parser.add_argument(
            f"--set-{side}",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help=f"the same for network {side.upper()} alone",
        )


def load_sides(args: argparse.Namespace, a: str, b: str) -> tuple[Graph, Graph]:
    """Two networks; where they have one name, they take that of their file and their settings."""
    own = [_values(f"--set-{side}", getattr(args, f"set_{side}")) for side in SIDES]
    sides = zip((a, b), own, strict=True)
    first, second = load_all((net, settings(args) | x) for net, x in sides)
    if first.name != second.name:
        return first, second
    nets = (first.name, second.name) if a == b else (a, b)
    names = [" ".join([n, *map("=".join, x.items())]) for n, x in zip(nets, own, strict=True)]
    return replace(first, name=names[0]), replace(second, name=names[1])


def add_weights_arguments(parser: argparse.ArgumentParser) -> None:
    """`--weights`, or the `--seed` of random ones."""
    parser.add_argument("--weights", type=Path, metavar="FILE", help="a safetensors file")
    parser.add_argument("--seed", type=int, default=0, help="of random weights (0)")


def require_seed(seed: int) -> None:
    """`NetError` for a `--seed` that is none."""
    if seed < 0:
        raise error(f"'--seed {seed}' is below 0")


def load_weights(args: argparse.Namespace, graph: Graph) -> Mapping[str, Any]:
    """The checkpoint of a network as it is written: read, or made up."""
    return _numbers(args, graph).load()


def _numbers(args: argparse.Namespace, graph: Graph) -> Numbers:
    from netlang.engines import Made, Stored  # few commands need numbers

    if not args.weights:
        return Made(graph, args.seed)
    note_strangeness(args.weights, graph)
    return Stored(args.weights, graph, is_checked=True)


@cache  # one word about it is enough
def note_strangeness(weights: Path, graph: Graph, loose: frozenset[str] = frozenset()) -> None:
    """Tells on stderr where weights fit a network that they were not written for."""
    from netlang.weights.origin import strangeness

    if found := strangeness(weights, graph, loose):
        print(f"note: {found}", file=sys.stderr)


def add_target_arguments(arguments: Any, means: str = "(h100)") -> None:
    """`--device`, `--batch` and `--dtype`, for a parser or a group of its arguments.

    `means` says which device it is where none is named.
    """
    add_device_arguments(arguments, means)
    arguments.add_argument("--dtype", choices=PRECISIONS, help="what it computes in (float16)")


def add_device_arguments(arguments: Any, means: str = "(h100)") -> None:
    """`--device` and `--batch`, for commands whose `--dtype` is not that of kernels alone."""
    arguments.add_argument("--device", choices=DEVICES, help=f"the GPU to be fast on {means}")
    arguments.add_argument(
        "--batch", type=int, metavar="N", help="the images at a time to be fast at (1)"
    )


def target(args: argparse.Namespace) -> Target:
    """What the network is to be fast at: what is not said is as `Target.of` has it."""
    return Target.of(args.device, args.dtype, args.batch)


def add_after_argument(parser: argparse.ArgumentParser) -> None:
    """`--after`: where the pipeline stops."""
    from netlang.passes import LAST  # most commands need no passes, and all have this module

    parser.add_argument(
        "--after", default=LAST, metavar="PASS", help="stop optimizing after this pass (the last)"
    )


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """What runs a network, and how; `--weights` and `--seed` say with which numbers."""
    from netlang.engines import ENGINES

    parser.add_argument("--engine", metavar="NAME", help=f"{', '.join(ENGINES)} (the fastest)")
    add_dtype_argument(parser)
    add_threads_argument(parser)
    parser.add_argument("--no-cache", action="store_true", help="compile it anew, and keep nothing")


def add_dtype_argument(parser: argparse.ArgumentParser) -> None:
    """`--dtype` of an engine."""
    parser.add_argument(
        "--dtype", metavar="TYPE", help="float32, bfloat16, and what the engine has (its first)"
    )


def add_threads_argument(parser: argparse.ArgumentParser) -> None:
    """`--threads`."""
    parser.add_argument("--threads", type=int, metavar="N", help="cores of the CPU (all)")


def engine_of(
    args: argparse.Namespace,
    graph: Graph,
    batch: int | None = None,
    usual: str | None = None,
    weights: Mapping[str, Any] | None = None,
) -> Engine:
    """The engine that the arguments ask for, ready to run; `usual` where they name none.

    What is made of `weights` that are there already is not kept in the cache.
    """
    from netlang.engines import open_engine

    numbers = weights or _numbers(args, graph)
    with progress("making the network ready"):
        return open_engine(
            graph, numbers, args.engine or usual, args.dtype, args.threads, batch, not args.no_cache
        )


@contextmanager
def progress(doing: str) -> Generator[None]:
    """Shows on a terminal what takes its time; the line is gone when it is done."""
    shown = sys.stderr.isatty()
    if shown:
        print(f"{doing} ...", end="\r", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shown:
            print(" " * len(f"{doing} ..."), end="\r", file=sys.stderr, flush=True)


def counter(doing: str, total: int) -> Callable[[object], None]:
    """Counts on a terminal what is done, a call each; the line is gone after the last."""
    done = 0

    def count(_: object) -> None:
        nonlocal done
        done += 1
        show(f"{doing}: {done} of {total}", is_last=done == total)

    return count


def show(line: str, is_last: bool) -> None:
    """Shows a line on a terminal until the next; the last is gone at once."""
    if sys.stderr.isatty():
        end = f"\r{' ' * len(line)}\r" if is_last else "\r"
        print(line, end=end, file=sys.stderr, flush=True)


def json_text(found: Any, indent: int | None = None) -> str:
    """Plain values as JSON, with null for nan and infinity, of which it knows nothing."""
    return json.dumps(_known_to_json(found), indent=indent, allow_nan=False)


def _known_to_json(found: Any) -> Any:
    if isinstance(found, dict):
        entries = cast(dict[str, Any], found).items()
        return {name: _known_to_json(each) for name, each in entries}
    if isinstance(found, list | tuple):
        return [_known_to_json(each) for each in cast(list[Any], found)]
    return None if isinstance(found, float) and not isfinite(found) else found
