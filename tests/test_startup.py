"""The command line starts at once: the frame loads no library, and one command loads no other."""

import argparse
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from netlang import commands

HEAVY = (
    "torch",
    "triton",
    "numpy",
    "lark",
    "PIL",
    "graphviz",
    "wasmtime",
    "safetensors",
    "resvg_py",
    "typst",
)

COMPILER = {"netlang.passes", "netlang.kernels.kernel"}
"""What a network needs to become another."""

# Runs a command line in a fresh interpreter and prints what that loaded.
PROBE = """
import io, sys
from contextlib import redirect_stdout
from netlang.commands import main
try:
    with redirect_stdout(io.StringIO()):
        sys.exit(main(sys.argv[1:]))
finally:
    print(*sys.modules)
"""


def loaded(*argv: str, status: int = 0) -> set[str]:
    command = [sys.executable, "-c", PROBE, *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize("argv", [["--version"], ["--help"], [], ["zoo"]], ids=" ".join)
def test_the_frame_loads_no_library(argv: list[str]) -> None:
    assert not loaded(*argv) & set(HEAVY)


def test_a_word_that_is_no_command_loads_no_library() -> None:
    assert not loaded("chekc", status=2) & set(HEAVY)


@pytest.mark.parametrize(
    "argv", [["check", "resnet18"], ["draw", "--help"], ["train", "--help"]], ids=" ".join
)
def test_reading_a_network_needs_no_torch(argv: list[str]) -> None:
    assert not loaded(*argv) & {"torch", "triton"}


@pytest.mark.skipif(not find_spec("openvino"), reason="pip install 'netlang[cpu]'")
def test_a_warm_start_of_run_needs_no_torch_and_no_compiler(tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    line = ("run", "resnet20", str(tmp_path / "a.png"), "--engine", "openvino")
    assert loaded(*line, "--no-cache") >= COMPILER
    loaded(*line)
    assert not loaded(*line) & {"torch", "triton", "filelock", *COMPILER}


def test_shapes_need_no_kernels() -> None:
    assert "netlang.kernels.kernel" not in loaded("check", "resnet50")


def test_a_command_loads_no_other_command() -> None:
    others = {f"netlang.commands.{name}" for name in commands.COMMANDS if name != "zoo"}
    assert not loaded("zoo", "--help") & others


def test_the_list_of_commands_is_the_folder() -> None:
    files = {path.stem for path in Path(commands.__file__).parent.glob("[!_]*.py")}
    assert files - {"common", "outputs", "pictures"} == set(commands.COMMANDS)


@pytest.mark.parametrize("name", commands.COMMANDS)
def test_a_command_keeps_the_contract(name: str) -> None:
    module = import_module(f"netlang.commands.{name}")
    module.arguments(argparse.ArgumentParser())
    assert module.HELP
    assert callable(module.run)
