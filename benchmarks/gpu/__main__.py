"""netlang on a GPU beside torch, torch.compile and JAX, in one run.

Numbers come first: each contender's logits are compared with float64, and who is wrong has no
times. Then all take turns, each in a process of its own, with its launches in a CUDA graph and its
input on the device. A call stops before its budget ends; the next one with the same --json goes on.

It needs torch, triton, numpy and lark; JAX where it takes part; nvidia-smi, for clocks and power,
and resvg_py with font_source_sans_pro, for a PNG, where they are.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from time import monotonic

from benchmarks.gpu.case import BATCHES, NETWORKS, Case
from benchmarks.gpu.contenders import NETLANG, PEERS, make, versions
from benchmarks.gpu.figures import Row
from benchmarks.gpu.gpu import gpu
from benchmarks.gpu.plot import to_svg
from benchmarks.gpu.remote import Remote
from benchmarks.gpu.report import TABLES, alike, report
from benchmarks.gpu.results import Results
from benchmarks.gpu.run import Setting, run
from benchmarks.markdown import fill
from netlang.device import DEVICES, matching
from netlang.engines.cpu import machine
from netlang.ground.files import write_whole
from netlang.kernels.precision import PRECISIONS
from netlang.pictures.picture import FORMATS, encoded

RESULTS = Path(__file__).parent.parent / "results/gpu.json"


def main(argv: Sequence[str] | None = None) -> None:
    """Measures what is missing and prints the tables, or prints them alone."""
    args = _arguments().parse_args(argv)
    rows: Sequence[Row] = Results(args.render).rows if args.render else _measured(args)
    print(report(rows), end="")
    if shown := alike(rows):
        for path in args.plot:
            _plot(shown, path)
        if args.fill:
            fill(args.fill, TABLES, shown)


def _measured(args: argparse.Namespace) -> Sequence[Row]:
    deadline = monotonic() + args.budget
    try:
        found = gpu()
    except RuntimeError as fault:
        sys.exit(f"{fault}; --render FILE shows what another machine has measured")
    device = args.device or matching(found["name"]) or "h100"
    cases = [
        Case(network, batch, dtype, device)
        for dtype, network, batch in product(args.dtype, args.only, args.batch)
    ]
    setting = Setting(
        gpu=found,
        machine=machine(),
        versions=versions((NETLANG, *args.against)),
        against=args.against,
        enter=lambda name: Remote(partial(make, name), args.limit, deadline),
        deadline=deadline,
        rounds=args.rounds,
        layers=args.layers,
    )
    results = Results(args.json)
    if args.fresh:
        results.forget(map(setting.asks, cases))
    for line in run(cases, setting, results):
        print(line, file=sys.stderr, flush=True)
    return [row for case in cases if (row := results.find(setting.asks(case)))]


def _plot(rows: Sequence[Row], path: Path) -> None:
    """Draws rows into a file; what a PNG needs may be missing."""
    try:
        write_whole(path, encoded(to_svg(rows), path.suffix))
    except ImportError as missing:
        print(f"no {path}: {missing}", file=sys.stderr)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--only", type=_listed(NETWORKS), default=NETWORKS, metavar="NETWORK,…")
    add("--batch", type=_batches, default=BATCHES, metavar="N,…")
    add("--dtype", type=_listed(PRECISIONS), default=("float16",), metavar="DTYPE,…")
    add("--against", type=_listed(PEERS), default=PEERS, metavar="PEER,…", help=", ".join(PEERS))
    add("--no-layers", dest="layers", action="store_false", help="leave out layers alone")
    add("--rounds", type=int, default=10, help="samples of each contender (10)")
    add("--budget", type=float, default=540, metavar="SECONDS", help="for this call (540)")
    add("--limit", type=float, default=240, metavar="SECONDS", help="to be ready in (240)")
    add("--device", choices=DEVICES, help="what netlang compiles for, unless it knows the GPU")
    add("--fresh", action="store_true", help="measure anew what is known")
    add("--json", type=Path, default=RESULTS, metavar="FILE", help="results, to go on from")
    add("--plot", type=_picture, nargs="+", default=(), metavar="FILE", help="an SVG, or a PNG")
    add(
        "--fill", type=_file, metavar="PAGE", help="a page with <!-- table: throughput --> and such"
    )
    add("--render", type=_file, metavar="FILE", help="measure nothing: show a file of results")
    return parser


def _listed(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """The type of an argument that names some of those known, with commas in between."""

    def names(text: str) -> tuple[str, ...]:
        given = tuple(filter(None, text.split(",")))
        odd = next((name for name in given if name not in known), None)
        if odd:
            raise argparse.ArgumentTypeError(f"'{odd}' is none of {', '.join(known)}")
        return given

    return names


def _batches(text: str) -> tuple[int, ...]:
    """The type of --batch; argparse says what is wrong with a ValueError."""
    return tuple(int(word) for word in text.split(","))


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file '{text}'")
    return path


def _picture(text: str) -> Path:
    path = Path(text)
    if path.suffix not in FORMATS:
        raise argparse.ArgumentTypeError(f"'{text}' ends in none of {', '.join(FORMATS)}")
    return path


if __name__ == "__main__":
    main()
