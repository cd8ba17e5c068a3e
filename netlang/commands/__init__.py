"""The command line: `netlang COMMAND ...`, one module of this folder a command.

A command's module has `HELP` (what `netlang COMMAND --help` opens with), `arguments(parser)` and
`run(args) -> int`, the exit status. Only the module of the chosen command is imported, so it may
import what it needs at the top and the others cost nothing.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import BufferedWriter, FileIO, TextIOWrapper
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from netlang import __version__

if TYPE_CHECKING:
    from netlang.diagnostic import NetError

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

OUTPUT = "standard output"

THEIRS = (
    ("torch", "OutOfMemoryError", "a smaller batch or network needs less"),
    ("netlang.runtime.device", "DeviceError", ""),
    ("triton.runtime.errors", "OutOfResources", "compile for a --device that is like this GPU"),
)
"""Module and name of errors that are not netlang's own and no bugs of it, and what helps."""

GARBAGE = 200_000
"""Objects from one collection to the next: what a command has built it needs to its end."""


def script() -> int:
    """`main` in a process of its own, which looks for garbage seldom, and not at all as it ends."""
    gc.set_threshold(GARBAGE)
    _open_streams()
    try:
        return main()
    finally:
        gc.freeze()


def _open_streams() -> None:
    """Makes streams of what the shell left closed, and lets no character stop a print.

    The next file that is opened would take the place of a closed one. Into this one nothing can be
    written, so that who prints fails; of complaints alone nobody hears.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            flags = os.O_WRONLY if name == "stderr" else os.O_RDONLY
            setattr(sys, name, open(os.open(os.devnull, flags), mode))  # noqa: PTH123, SIM115
    out: Any = sys.stdout
    raw = _Output(out.fileno(), "w", closefd=False)
    sys.stdout = TextIOWrapper(
        cast(BufferedWriter, raw) if out.write_through else BufferedWriter(raw),
        out.encoding,
        "replace" if out.errors == "strict" else out.errors,
        line_buffering=out.isatty(),
        write_through=out.write_through,
    )


class _Output(FileIO):
    """Standard output, whose name its errors have: a full disk's tell of no file."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as fault:
            raise OSError(fault.errno, fault.strerror, OUTPUT) from None


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
        _drop_output()
        return EXIT_BROKEN_PIPE
    except Exception as error:
        return _report(error)


def _drop_output() -> None:
    """What is still buffered has nowhere to go; Python must not complain about it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(argv: Sequence[str]) -> int:
    place = next((i for i, word in enumerate(argv) if not word.startswith("-")), len(argv))
    frame = _frame()
    frame.parse_args(argv[:place])
    if place == len(argv):
        frame.print_help()
        return 0
    command = argv[place]
    if command not in COMMANDS:
        frame.error(_unknown(command))
    module = _load(command)
    words, parser = argv[place + 1 :], _parser(command, module)
    # Intermixed: what is named after an option belongs to what is named before it. Behind '--'
    # nothing is an option, which that way of parsing forgets.
    parse = parser.parse_args if "--" in words else parser.parse_intermixed_args
    return module.run(parse(words))


def _load(command: str) -> ModuleType:
    return import_module(f"{__name__}.{command}")


def _frame() -> argparse.ArgumentParser:
    """What stands before a command, and the list of these."""
    parser = argparse.ArgumentParser(
        prog="netlang",
        description="A language for convolutional networks, compiled to Triton.",
        epilog="`netlang COMMAND --help` tells more.",
    )
    parser.add_argument("--version", action="version", version=f"netlang {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        commands.add_parser(name, help=summary)
    return parser


def _parser(command: str, module: ModuleType) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"netlang {command}", description=module.HELP)
    module.arguments(parser)
    return parser


def _unknown(command: str) -> str:
    from netlang.diagnostic import near_or_all

    return f"no command '{command}'; {near_or_all(command, COMMANDS)}"


def _report(error: Exception) -> int:
    """Say what went wrong in the user's words and return the exit status."""
    if os.environ.get("NETLANG_TRACEBACK"):
        import traceback

        traceback.print_exception(error)
    told = _told(error)
    if told is not None:
        print(told, file=sys.stderr)
        return EXIT_USER_ERROR
    print(
        f"internal error: {type(error).__name__}: {error}\n"
        "this is a bug in netlang; NETLANG_TRACEBACK=1 shows where it happened",
        file=sys.stderr,
    )
    return EXIT_INTERNAL_ERROR


def _told(error: Exception) -> NetError | None:
    """What a person can do something about; None for a bug."""
    from netlang.diagnostic import NetError
    from netlang.diagnostic import error as told

    if isinstance(error, NetError):
        return error
    if isinstance(error, OSError) and error.filename is not None:
        if error.filename == OUTPUT:
            _drop_output()
        return told(f"{error.filename}: {error.strerror}")
    if isinstance(error, FileNotFoundError):  # of no file: it is where all names begin
        return told("the folder that netlang was started in is gone", help="change to another")
    if _is_out_of_memory(error):
        return told("there is not enough memory", help="a smaller batch or network needs less")
    return next(
        (told(str(error), help=help) for kind, help in _theirs() if isinstance(error, kind)), None
    )


def _theirs() -> Iterator[tuple[type[Exception], str]]:
    """Errors with words for a person, and what helps; those of what is loaded, which raised one."""
    for module, name, help in THEIRS:
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None:
            yield kind, help


def _is_out_of_memory(error: Exception) -> bool:
    """Libraries have words of their own for it."""
    words = ("out of memory", "allocate memory", "bad_alloc", "bad allocation")
    text = str(error).lower()
    is_theirs = isinstance(error, RuntimeError) and any(each in text for each in words)
    return is_theirs or isinstance(error, MemoryError)
