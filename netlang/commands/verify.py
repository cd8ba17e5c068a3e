"""`netlang verify`: does what is made of a network compute what the network says?"""

from __future__ import annotations

import argparse
import sys

from netlang.commands.common import (
    add_device_arguments,
    add_dtype_argument,
    add_net_argument,
    add_weights_arguments,
    json_text,
    load_net,
    load_weights,
    progress,
    require_seed,
)
from netlang.device import Target
from netlang.diagnostic import NetError, error
from netlang.engines import fitting, require_engine
from netlang.kernels.precision import PRECISIONS
from netlang.passes import PIPELINE
from netlang.running.verify import describe, divergences, table, verify

HELP = (
    "Compare the network after each pass of the pipeline, and each engine that runs it, "
    "with the network as written in float64, on one random image. Where one differs by more than "
    "is allowed, the first layer that diverges is named, and the exit status is 1."
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_net_argument(parser)
    add_weights_arguments(parser)
    parser.add_argument(
        "--engine",
        dest="engines",
        action="append",
        metavar="NAME",
        help="what runs the network; may be given again (all that are there)",
    )
    add_dtype_argument(parser)
    add_device_arguments(parser)
    parser.add_argument(
        "--tolerance",
        type=float,
        metavar="T",
        help="the largest difference allowed, over the largest number (1e-12 for passes; 1e-4 for "
        "engines in float32, 5e-2 in bfloat16)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Compares and reports; 1 where something diverges."""
    require_seed(args.seed)
    if args.tolerance is not None and not args.tolerance > 0:
        raise error(f"'--tolerance {args.tolerance}' allows nothing", help="write --tolerance 1e-6")
    for engine in args.engines or ():
        require_engine(engine, args.dtype)
    # Engines compute in more ways than kernels do, in float64 for one.
    aim = Target.of(args.device, args.dtype if args.dtype in PRECISIONS else None, args.batch)
    graph = load_net(args)
    with progress("comparing"):
        weights, engines = load_weights(args, graph), args.engines or _there(args.dtype)
        verdicts = list(
            verify(graph, weights, args.seed, args.tolerance, PIPELINE, engines, args.dtype, aim)
        )
    if args.json:
        print(json_text({"name": graph.name, "executions": describe(verdicts)}, indent=2))
    else:
        origin = args.weights or f"random (seed {args.seed})"
        print(f"{graph.name} beside float64, on one random image; weights: {origin}\n")
        print("\n".join([table(verdicts), *divergences(verdicts)]))
    return 0 if all(verdict.passed for verdict in verdicts) else 1


def _there(precision: str | None) -> list[str]:
    """The engines that compute so; the reference is what they are compared with.

    None may be there in a precision of kernels alone, whose passes are still to be verified.
    """
    try:
        return [name for name in fitting(precision) if name != "reference"]
    except NetError:
        if precision not in PRECISIONS:
            raise
        lacking = f"no engine that is there computes in {precision}"
        print(f"note: {lacking}: passes alone are compared", file=sys.stderr)
        return []
