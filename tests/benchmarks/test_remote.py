"""A process a contender: one that breaks, complains or sleeps does so alone."""

import os
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from benchmarks.gpu.contender import FailedError
from benchmarks.gpu.remote import OutOfTimeError, Remote
from tests.benchmarks.fakes import Bystander, breaks, complains, sleeps, works


@pytest.fixture
def remote() -> Iterator[Remote]:
    remote = Remote(Bystander, limit=30, deadline=monotonic() + 60)
    yield remote
    remote.close()


def ask(remote: Remote, action: Any) -> float:
    return remote.prepare(action)


def test_it_answers_and_ends(remote: Remote) -> None:
    assert ask(remote, works) == 1.5
    assert remote.seconds(3) == 3.0
    process = remote.memory()
    assert process != os.getpid()
    remote.close()
    assert not Path(f"/proc/{process}").exists()


def test_a_complaint_is_told_and_forgiven(remote: Remote) -> None:
    with pytest.raises(FailedError, match=r"^ValueError: the first line$"):
        ask(remote, complains)
    assert ask(remote, works) == 1.5


def test_a_broken_process_is_followed_by_a_new_one(remote: Remote) -> None:
    with pytest.raises(FailedError, match="its process ended with 7"):
        ask(remote, breaks)
    with pytest.raises(FailedError, match="its process ended with 7"):
        remote.seconds(1)
    assert ask(remote, works) == 1.5


def test_who_takes_too_long_has_failed(remote: Remote) -> None:
    ask(remote, works)
    remote.limit = 0.2
    with pytest.raises(FailedError, match=r"no answer to 'prepare' in 0\.2 s"):
        ask(remote, sleeps)


def test_the_end_of_the_budget_is_nobodys_fault(remote: Remote) -> None:
    ask(remote, works)
    remote.deadline = monotonic() + 0.2
    with pytest.raises(OutOfTimeError):
        ask(remote, sleeps)
