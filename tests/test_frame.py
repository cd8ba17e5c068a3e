"""The frame of all commands: the order of words, streams that fail, and what is no bug."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from netlang import commands
from netlang.commands import EXIT_INTERNAL_ERROR, main


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """`$N` is netlang."""
    root = Path(commands.__file__).parent.parent.parent
    call = f"{sys.executable} -P -m netlang"
    own = os.environ | {"N": call, "PYTHONPATH": str(root)}
    own.pop("PYTHONUNBUFFERED", None)  # argparse hears nothing of what fails at once
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=own, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("check alexnet --set classes=3 vgg16", "vgg16: ok"),
        ("summary alexnet --json vgg16", '[{"name": "alexnet"'),
        ("diff resnet34 --json plain34", '"plain34"'),
        ("opt --explain -", "graph alexnet"),
        ("check --set classes=3 -- vgg16", "vgg16: ok"),
    ],
)
def test_what_is_named_may_stand_after_an_option(line: str, shown: str, tmp_path: Path) -> None:
    graph = "$N compile alexnet --emit graph"
    done = shell(f"{graph} | $N {line}", tmp_path)
    assert (done.returncode, shown in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (["check"], "netlang check: error: the following arguments are required: NET"),
        (["summary", "--nope"], "netlang summary: error: unrecognized arguments: --nope"),
        (["--nope", "summary"], "netlang: error: unrecognized arguments: --nope"),
        (["run", "a", "b", "--nope", "c"], "usage: netlang run"),
        (["sumary"], "no command 'sumary'; did you mean 'summary'?"),
    ],
)
def test_words_that_fit_no_command(
    line: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(line)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "status", "message"),
    [
        ("$N check alexnet > /dev/full", 1, "error: standard output: No space left on device\n"),
        ("$N zoo > /dev/full", 1, "error: standard output: No space left on device\n"),
        ("$N draw --help > /dev/full", 1, "error: standard output: No space left on device\n"),
        ("$N check alexnet >&-", 1, "error: standard output: Bad file descriptor\n"),
        ("$N check alexnet 2>&-", 0, ""),
        ("$N check -- --bogus", 1, "error: there is no file and no network of the zoo named '--b"),
        ("ln -s b a.csv; ln -s a.csv b; $N summary alexnet -o a.csv", 0, ""),
        (
            "ln -s /nowhere/a.svg a.svg; $N draw alexnet -o a.svg",
            1,
            "error: there is no folder '/nowhere' to write 'a.svg' to",
        ),
        ("$N check lost 2>&-", 1, ""),
        ("$N opt - <&-", 1, "error: this is not a printed graph"),
        ("PYTHONIOENCODING=ascii $N draw --help", 0, ""),
        ("PYTHONIOENCODING=ascii $N diff alexnet vgg16", 0, ""),
        (
            "mkdir gone; cd gone; rmdir ../gone; $N check vgg16",
            1,
            "error: the folder that netlang was started in is gone",
        ),
    ],
)
def test_streams_and_folders_that_fail(
    line: str, status: int, message: str, tmp_path: Path
) -> None:
    done = shell(line, tmp_path)
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(message)
    assert bool(done.stderr) == bool(message)


def test_what_is_printed_to_may_be_written_to(tmp_path: Path) -> None:
    done = shell("$N summary alexnet -o out.csv > out.csv", tmp_path)
    assert done.stderr == "wrote out.csv\n"
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0].startswith("network,layer,")
    assert lines[-1].startswith("alexnet,softmax_1,")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (MemoryError(), 1),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), 1),
        (RuntimeError("CUDA out of memory. Tried to allocate"), 1),
        (RuntimeError("another"), EXIT_INTERNAL_ERROR),
    ],
)
def test_too_little_memory_is_no_bug(
    fault: Exception,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any) -> None:
        raise fault

    monkeypatch.setattr("netlang.commands.check.load", fail)
    assert main(["check", "alexnet"]) == status
    assert ("there is not enough memory" in capsys.readouterr().err) == (status == 1)


@pytest.mark.parametrize(
    ("module", "name", "arguments", "told"),
    [
        ("torch", "OutOfMemoryError", ["it needs 9 bytes, and 8 are free"], "a smaller batch or"),
        ("netlang.runtime.device", "DeviceError", ["torch finds no CUDA device"], ""),
        ("triton.runtime.errors", "OutOfResources", [9, 8, "shared memory"], "for a --device"),
    ],
)
def test_what_a_gpu_lacks_is_no_bug(
    module: str,
    name: str,
    arguments: list[Any],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fault = getattr(import_module(module), name)(*arguments)

    def fail(*_: Any) -> None:
        raise fault

    monkeypatch.setattr("netlang.commands.check.load", fail)
    assert main(["check", "alexnet"]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {fault}\n")
    assert told in error
