"""`netlang compile`: from a network to Triton kernels."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from netlang.backends.triton.aot import Compiled
from netlang.backends.triton.artifact import require_ours
from netlang.backends.triton.measure import bench
from netlang.commands.common import (
    add_after_argument,
    add_net_argument,
    add_target_arguments,
    add_weights_arguments,
    counter,
    json_text,
    load_net,
    load_weights,
    progress,
    require_seed,
    show,
)
from netlang.commands.outputs import require_no_input_in
from netlang.compiler import Compilation, compile
from netlang.compiler.assemble import assemble
from netlang.compiler.checks import Check, checks
from netlang.compiler.report import Findings, as_json, as_text
from netlang.compiler.stages import STAGES, ptx, syntax_tree
from netlang.compiler.tune import Tuned, tune
from netlang.device import ARCHES, Target
from netlang.diagnostic import error
from netlang.passes import upto
from netlang.tune.store import cached, maker, read_tuning

HELP = (
    "Compile a network to Triton kernels. With -o, write a folder that runs with torch and triton "
    "alone, at any batch size; without, report what would be in it."
)

USUAL_ARCH = "sm_90"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="write the artifact here")
    add_weights_arguments(parser)
    add_target_arguments(parser, means="(h100, or what --target means)")
    add_after_argument(parser)
    parser.add_argument(
        "--target",
        choices=ARCHES,
        help="compile the kernels ahead of time for this GPU, and list what they take of it",
    )
    tiles = parser.add_mutually_exclusive_group()
    tiles.add_argument(
        "--tune",
        action="store_true",
        help="time tiles of kernels on this machine's GPU; what was timed before is remembered",
    )
    tiles.add_argument(
        "--tuning", type=Path, metavar="FILE", help="take tiles from a tuning.json; needs no GPU"
    )
    parser.add_argument("--explain", action="store_true", help="what each pass did and refused")
    parser.add_argument("--check", action="store_true", help="compare the stages' results")
    shapes = parser.add_mutually_exclusive_group()
    shapes.add_argument("--json", action="store_true", help="print one JSON object")
    shapes.add_argument("--emit", choices=("ast", *STAGES, "ptx"), help="print a stage, no more")


def run(args: argparse.Namespace) -> int:
    """Compiles, writes and reports; 1 where a check fails."""
    _require_sense(args)
    aim = Target.of(args.device or ARCHES[_arch(args)].usual, args.dtype, args.batch)
    if args.emit == "ast":
        print(syntax_tree(args.net), end="")
        return 0
    clock = Clock()
    clocked = bench(aim.device) if args.tune else None
    tuning = read_tuning(args.tuning, aim.device) if args.tuning else cached(maker(aim.device))
    with clock("reading"):
        graph = load_net(args)
    with clock("optimizing and planning"):
        compilation = compile(graph, target=aim, passes=upto(args.after), tuning=tuning)
    tuned: list[Tuned] = []
    if clocked:
        with clock("timing kernels"):
            compilation, tuned = tune(compilation, tuning, clocked, _timer())
    if args.emit:
        print(_stage(compilation, args), end="")
        return 0
    findings = _findings(compilation, tuned, args, clock)
    print(json_text(as_json(findings), indent=2) if args.json else as_text(findings, args.explain))
    if args.output and not args.json:
        print(f"\nwrote {args.output}")
    return 0 if all(check.passed for check in findings.checks) else 1


def _require_sense(args: argparse.Namespace) -> None:
    require_seed(args.seed)
    if args.emit and args.output:
        raise error("'--emit' prints, and '-o' writes", help="leave one of them out")
    for option in ("--explain", "--check"):
        if args.emit and getattr(args, option[2:]):
            raise error(f"'--emit' prints a stage, and no '{option}'", help="leave one of them out")
    if args.output:
        require_ours(args.output)
        require_no_input_in(args.output, (args.net, args.weights))


def _arch(args: argparse.Namespace) -> str:
    return args.target or USUAL_ARCH


def _stage(compilation: Compilation, args: argparse.Namespace) -> str:
    if args.emit == "ptx":
        with progress("compiling kernels"):
            return ptx(compilation, _arch(args))
    return STAGES[args.emit](compilation)


def _findings(
    compilation: Compilation, tuned: Sequence[Tuned], args: argparse.Namespace, clock: Clock
) -> Findings:
    """Does what else the arguments ask for, cheap things first."""
    weights: Mapping[str, Any] = {}
    compiled: list[Compiled] = []
    done: list[Check] = []
    if args.output or args.check or args.weights:
        with clock("reading weights" if args.weights else "making up weights"):
            weights = load_weights(args, compilation.graph)
    if args.target:
        with clock("compiling kernels"):
            count = counter("compiling kernels", len(compilation.plan.functions))
            compiled = assemble(compilation.plan, args.target, count)
    if args.check:
        with clock("checking"):
            done = list(checks(compilation, weights, args.seed))
    if args.output:
        with clock("writing"):
            compilation.write(args.output, weights)
    origin = str(args.weights) if args.weights else f"random (seed {args.seed})"
    arch = args.target or ""
    return Findings(compilation, origin, compiled, done, arch, clock.seconds, tuned)


class Clock:
    """Shows on a terminal what is being done, and remembers how long it took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, doing: str) -> Generator[None]:
        start = perf_counter()
        with progress(doing):
            yield
        self.seconds[doing] = perf_counter() - start


def _timer() -> Callable[[int, int], None]:
    """Counts kernels that were timed, and says how long the others may take."""
    start = perf_counter()

    def count(done: int, total: int) -> None:
        line = f"timing kernels: {done} of {total}"
        if done:
            left = (perf_counter() - start) / done * (total - done)
            time = f"{left / 60:.0f} min" if left > 90 else f"{left:.0f} s"
            line += f", about {time} left"
        show(f"{line:60}", is_last=done == total)

    return count
