"""A contender in a process of its own: its memory is its own, and so is what goes wrong with it.

A kernel that writes where it should not leaves a process without a GPU: no other contender shall be
in it. They take turns all the same, because each does nothing until it is asked.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

from benchmarks.gpu.case import Array, Case, Layer
from benchmarks.gpu.contender import FailedError

GRACE = 60.0
"""Seconds for an answer that nothing is compiled for."""


class OutOfTimeError(Exception):
    """The whole budget is spent; it was nobody's fault."""


class Remote:
    """A contender that `make` makes, in a process that begins at once and ends with `close`.

    One that has ended before its time begins anew with the next `prepare`. `limit` is how many
    seconds it has to be ready; `deadline`, in those of `monotonic`, ends everything.
    """

    def __init__(self, make: Callable[[], Any], limit: float, deadline: float):
        self.make, self.limit, self.deadline = make, limit, deadline
        self._start()

    def prepare(self, case: Case | Layer) -> float:
        if not self._process.is_alive():
            self.close()
            self._start()
        return self.ask(self.limit, "prepare", case)

    def output(self) -> Array:
        return self.ask(GRACE, "output")

    def memory(self) -> int:
        return self.ask(GRACE, "memory")

    def seconds(self, repetitions: int) -> float:
        return self.ask(GRACE, "seconds", repetitions)

    def calls(self, repetitions: int) -> list[float]:
        return self.ask(self.limit, "calls", repetitions)

    def ask(self, limit: float, question: str, *arguments: Any) -> Any:
        """The answer to a method; `FailedError` where there is none, `OutOfTimeError`."""
        left = self.deadline - monotonic()
        try:
            self._connection.send((question, arguments))
            if not self._connection.poll(max(0.0, min(limit, left))):
                self.close()
                if left <= limit:
                    raise OutOfTimeError
                raise FailedError(f"no answer to '{question}' in {limit:g} s")
            done, answer = self._connection.recv()
        except (EOFError, OSError) as fault:
            self._process.join(GRACE)
            raise FailedError(f"its process ended with {self._process.exitcode}") from fault
        if not done:
            raise FailedError(answer)
        return answer

    def _start(self) -> None:
        # What it compiles begins with nothing and leaves nothing.
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = theirs, self.make, self._folder.name
        self._process = context.Process(target=_serve, args=arguments)
        self._process.start()
        theirs.close()

    def close(self) -> None:
        """Ends the process and those that it has started."""
        if self._process.pid is not None and self._process.is_alive():
            # Before it has become a group of its own there is nothing but itself.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
        self._process.join()
        self._connection.close()
        self._folder.cleanup()


def _serve(connection: Connection, make: Callable[[], Any], folder: str) -> None:
    """Answers questions until there are no more."""
    os.setsid()
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for name in ("TMPDIR", "TRITON_CACHE_DIR", "TORCHINDUCTOR_CACHE_DIR"):
        os.environ[name] = folder
    tempfile.tempdir = folder
    # JAX would take most of the GPU's memory at once.
    os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    contender = None
    while True:
        try:
            question, arguments = connection.recv()
        except EOFError:
            return
        try:
            contender = contender or make()
            connection.send((True, getattr(contender, question)(*arguments)))
        except Exception as fault:
            connection.send((False, _said(fault)))


def _said(fault: Exception) -> str:
    """The first line of what went wrong."""
    line = next(iter(str(fault).strip().splitlines()), "")
    return f"{type(fault).__name__}: {line}".rstrip(": ")
