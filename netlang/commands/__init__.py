"""The command line: `netlang COMMAND ...`, one module of this folder a command.

A command's module has `HELP` (what `netlang COMMAND --help` opens with), `arguments(parser)` and
`run(args) -> int`, the exit status. Only the module of the chosen command is imported, so it may
import what it needs at the top and the others cost nothing.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from netlang import __version__

# In the order in which a person meets them.
COMMANDS = {
    "check": "read a network, infer every shape and report every mistake",
    "summary": "list the layers with their shapes, parameters and MACs",
    "draw": "draw the network",
    "diff": "say what changed from one network to another",
    "run": "run a network on images",
    "train": "train a network as its recipe says",
    "weights": "take over the weights of another program",
    "compile": "compile a network to Triton kernels",
    "profile": "say what each layer must at least cost on a device",
    "bench": "time a network on this CPU beside other runtimes",
    "verify": "compare what is made of a network with float64, layer by layer",
    "opt": "run passes on a printed graph",
    "zoo": "list the published networks that come with netlang",
}

EXIT_USER_ERROR = 1
EXIT_INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h
EXIT_INTERRUPTED = 130  # what a shell reports for SIGINT
EXIT_BROKEN_PIPE = 141  # ... and for SIGPIPE

GARBAGE = 200_000
"""Objects from one collection to the next: what a command has built it needs to its end."""


def script() -> int:
    """`main` in a process of its own, which looks for garbage seldom, and not at all as it ends."""
    gc.set_threshold(GARBAGE)
    try:
        return main()
    finally:
        gc.freeze()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` and return its exit status. Users never see a traceback."""
    try:
        try:
            return _run(sys.argv[1:] if argv is None else argv)
        finally:
            sys.stdout.flush()  # a reader that went away should be noticed here, not at exit
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # What is still buffered has nowhere to go; Python must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except Exception as error:
        return _report(error)


def _run(argv: Sequence[str]) -> int:
    command = next((word for word in argv if not word.startswith("-")), None)
    module = _load(command) if command in COMMANDS else None
    parser = _parser(command, module)
    if command and not module:
        parser.error(_unknown(command))
    args = parser.parse_args(argv)
    if not module:
        parser.print_help()
        return 0
    return module.run(args)


def _load(command: str) -> ModuleType:
    return import_module(f"{__name__}.{command}")


def _parser(command: str | None, module: ModuleType | None) -> argparse.ArgumentParser:
    """Every command is listed; the chosen one alone has its arguments."""
    parser = argparse.ArgumentParser(
        prog="netlang",
        description="A language for convolutional networks, compiled to Triton.",
        epilog="`netlang COMMAND --help` tells more.",
    )
    parser.add_argument("--version", action="version", version=f"netlang {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        chosen = commands.add_parser(name, help=summary)
        if module and name == command:
            chosen.description = module.HELP
            module.arguments(chosen)
    return parser


def _unknown(command: str) -> str:
    from netlang.diagnostic import near_or_all

    return f"no command '{command}'; {near_or_all(command, COMMANDS)}"


def _report(error: Exception) -> int:
    """Say what went wrong in the user's words and return the exit status."""
    from netlang.diagnostic import NetError

    if os.environ.get("NETLANG_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, NetError):
        print(error, file=sys.stderr)
        return EXIT_USER_ERROR
    if isinstance(error, OSError) and error.filename is not None:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return EXIT_USER_ERROR
    print(
        f"internal error: {type(error).__name__}: {error}\n"
        "this is a bug in netlang; NETLANG_TRACEBACK=1 shows where it happened",
        file=sys.stderr,
    )
    return EXIT_INTERNAL_ERROR
