"""`netlang bench`: how fast networks run on this CPU, beside other runtimes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from netlang.bench import ENGINES, PEERS, Answer, Case, describe, raced, table
from netlang.bench.picture import to_svg
from netlang.bench.report import where
from netlang.commands.common import (
    add_nets_argument,
    add_threads_argument,
    json_text,
    load_nets,
    progress,
    settings,
)
from netlang.commands.outputs import require_outputs, tell_written
from netlang.commands.pictures import add_theme_argument, require_format, write_picture
from netlang.device import require_batch
from netlang.diagnostic import error, near_or_all
from netlang.engines.cpu import require_precision, require_threads
from netlang.ground.files import write_whole
from netlang.pictures.picture import FORMATS

HELP = (
    "Time netlang's engines on this CPU beside torch, OpenVINO and ONNX Runtime, with random "
    "weights. All take turns in one process, in an order by chance, after their numbers have been "
    "compared with float64: a neighbour that is busy slows all of them alike."
)

JSON = ".json"
SLOW = "torch.compile"
"""Who takes part only if named: it is ready after a minute or more."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_nets_argument(parser)
    parser.add_argument(
        "--against",
        metavar="A,B",
        help=f"some of {', '.join(PEERS)} (all that are installed, but for {SLOW})",
    )
    parser.add_argument("--batch", default="1", metavar="N,N", help="images of a call (1)")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    add_threads_argument(parser)
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="calls of each (15)")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="write all times to FILE.json, or draw FILE.svg, .png or .pdf; may be given again",
    )
    add_theme_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Races, prints the table and writes what is asked for."""
    batches = _require_sense(args)
    names, own = _contenders(args), tuple(settings(args).items())
    results = dict[str, dict[str, Answer]]()
    load_nets(args)  # their mistakes are told ahead of all work
    for net in args.nets:
        for batch in batches:
            title = f"{Path(net).stem}, batch {batch}"
            with TemporaryDirectory() as folder, progress(f"racing {title}"):
                case = Case(net, batch, Path(folder), args.threads, args.dtype, own)
                results[title] = raced(case, names, args.rounds)
    told = describe(results, args.threads, args.dtype)
    print(table(results, where(told)))
    for path in args.output:
        if path.suffix == JSON:
            write_whole(path, json_text(told, indent=1).encode())
            tell_written(path)
        else:
            write_picture(path, to_svg(results, where(told), args.theme))
    return 0


def _require_sense(args: argparse.Namespace) -> list[int]:
    """The batches."""
    for path in args.output:
        require_format(path, (*FORMATS, JSON), "bench")
    require_outputs((("-o", path) for path in args.output), args.nets)
    if args.rounds < 2:
        raise error(f"'--rounds {args.rounds}' has no spread", help="write --rounds 15")
    require_threads(args.threads)
    words = args.batch.split(",")
    if not all(word.isdecimal() for word in words):
        raise error(f"'--batch {args.batch}' is no batch", help="write --batch 1,16")
    for word in words:
        require_batch(int(word))
    return [int(word) for word in words]


def _contenders(args: argparse.Namespace) -> list[str]:
    require_precision(args.dtype)
    own = [name for name, each in ENGINES.items() if not each.missing]
    return [*own, *_peers(args)]


def _peers(args: argparse.Namespace) -> Iterator[str]:
    usual = [name for name in PEERS if name != SLOW]
    for name in dict.fromkeys(args.against.split(",") if args.against else usual):
        peer = PEERS.get(name)
        if peer is None:
            raise error(f"netlang is not raced against '{name}'", help=near_or_all(name, PEERS))
        fault = help = ""
        if args.dtype not in peer.precisions:
            fault, help = f"'{name}' does not compute in {args.dtype}", "leave it out"
        elif peer.missing:
            fault = f"'{name}' needs {peer.missing}, which is not installed"
            help = f"pip install 'netlang[{peer.extra}]', or leave it out"
        if fault and args.against:
            raise error(fault, help=help)
        if not fault:
            yield name
