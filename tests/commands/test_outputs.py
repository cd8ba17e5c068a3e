"""What a command writes to is looked at before it works: nothing that is read is lost."""

from pathlib import Path

import numpy as np
import pytest

from netlang.commands import main
from netlang.lower import load
from netlang.weights import random_weights, write_weights
from tests.training.data import write_arrays, write_folders, write_net

Files = dict[Path, bytes]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, which is the one that commands start in, of all that they read."""
    monkeypatch.chdir(tmp_path)
    write_net(tmp_path)
    graph = load("tiny.net")
    write_arrays(Path("t.npz"))
    write_folders(Path("d"))
    write_weights("w.safetensors", random_weights(graph))
    np.save("x.npy", np.zeros(graph.inputs[0].type.shape, "float32"))
    Path("labels.txt").write_text("a\nb\nc\n")
    Path("link.npz").symlink_to("t.npz")
    Path("old").mkdir()
    np.save("old/x.npy", np.zeros(graph.inputs[0].type.shape, "float32"))
    return tmp_path


def files(folder: Path) -> Files:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


TRAIN = "train tiny.net t.npz --epochs 1"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"{TRAIN} -o tiny.net", "'-o tiny.net' would overwrite 'tiny.net', which is read"),
        (f"{TRAIN} -o t.npz", "'-o t.npz' would overwrite 't.npz', which is read"),
        (f"{TRAIN} -o link.npz", "'-o link.npz' would overwrite 't.npz'"),
        (f"{TRAIN} -o d/../t.npz", "would overwrite 't.npz'"),
        (f"{TRAIN} -o w.safetensors --weights w.safetensors", "would overwrite 'w.safetensors'"),
        (f"{TRAIN} -o a --log a", "'--log a' would overwrite what '-o' writes"),
        (f"{TRAIN} -o a --log a.state", "'--log a.state' would overwrite what '-o' writes"),
        (f"{TRAIN} -o a.svg --plot a.svg", "'--plot a.svg' would overwrite what '-o' writes"),
        (f"{TRAIN} -o a --plot a.txt", "or .pdf: --plot a.svg"),
        (f"{TRAIN} -o a --log d", "'--log d' is a folder"),
        (f"{TRAIN} -o d", "'-o d' is a folder"),
        ("train tiny.net d --epochs 1 -o d/b/0.png", "lies among the images of 'd'"),
        ("train tiny.net d --epochs 1 -o w --log d/b/log.csv", "lies among the images of 'd'"),
        (f"{TRAIN} -o no/a", "there is no folder 'no' to write 'no/a' to"),
        ("weights tiny.net w.safetensors -o tiny.net", "would overwrite 'tiny.net'"),
        ("weights tiny.net w.safetensors -o w.safetensors", "would overwrite 'w.safetensors'"),
        ("run tiny.net x.npy -o x.npy", "'-o x.npy' would overwrite 'x.npy', which is read"),
        ("run tiny.net old -o old/x.npy", "would overwrite 'old/x.npy', which is read"),
        ("run tiny.net old/x.npy --layers conv_1 -o old", "would overwrite 'old/x.npy'"),
        ("run tiny.net x.npy --layers conv_1 -o d", "'d' holds other files"),
        ("summary tiny.net -o no/a.csv", "there is no folder 'no' to write 'no/a.csv' to"),
        ("draw tiny.net -o no/a.svg", "there is no folder 'no'"),
        ("draw tiny.net -o no/a.html", "there is no folder 'no'"),
        ("profile tiny.net -o no/a.svg", "there is no folder 'no'"),
        ("bench tiny.net -o no/a.json", "there is no folder 'no'"),
        ("bench tiny.net -o a.json -o a.json", "would overwrite what '-o' writes"),
        ("compile tiny.net -o d", "'d' is there and is not a compiled network"),
    ],
)
def test_what_would_be_lost_is_refused_ahead_of_all_work(
    line: str,
    message: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for work in ("run._engine", "train.begin", "bench.raced", "compile.compile"):
        monkeypatch.setattr(f"netlang.commands.{work}", lambda *_, **__: pytest.fail("it works"))
    before = files(home)
    assert main(line.split()) == 1
    assert message in capsys.readouterr().err
    assert files(home) == before


def test_a_state_to_go_on_from_is_looked_for_first(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "tiny.net", "lost.npz", "-o", "a", "--resume"]) == 1
    assert "there is no 'a.state' to go on from" in capsys.readouterr().err


def test_a_compiled_network_that_holds_what_is_read_stays(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile", "tiny.net", "-o", "c"]) == 0
    Path("tiny.net").rename("c/tiny.net")
    assert main(["compile", "c/tiny.net", "-o", "c"]) == 1
    assert "'-o c' would overwrite 'c/tiny.net', which is read" in capsys.readouterr().err


def test_devices_are_written_as_often_as_they_are_named(home: Path) -> None:
    assert main(f"{TRAIN} -o a --log /dev/null --threads 1 --device cpu".split()) == 0
    assert Path("/dev/null").is_char_device()
