"""`netlang train`: weights, state, log and picture; interruptions; refusals ahead of any work."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netlang.backends.torch.learner import Learner
from netlang.commands import EXIT_INTERRUPTED, main
from netlang.ground.files import write_whole
from netlang.lower import load
from netlang.weights import random_weights, read_weights, write_weights
from tests.training.data import WORDS, write_arrays, write_folders, write_net

Train = Callable[..., int]


@pytest.fixture
def train(tmp_path: Path) -> Train:
    """`train("a", "--epochs", 2)` writes a.safetensors; the network has WORDS unless written anew."""
    net = write_net(tmp_path)
    data = write_arrays(tmp_path / "train.npz")

    def call(name: str, *options: object, on: Path = data) -> int:
        fixed = [net, on, "-o", tmp_path / f"{name}.safetensors", "--device", "cpu"]
        return main(["train", *map(str, [*fixed, "--threads", 1, *options])])

    return call


def test_what_it_writes_and_tells(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    validation = write_arrays(tmp_path / "val.npz", 30, seed=1)
    files = ["--log", tmp_path / "log.csv", "--plot", tmp_path / "errors.svg"]
    assert train("a", "--val", validation, *files) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "tiny: 96 images, 30 to validate, on cpu"
    assert "padded by 1, a random 8x8, half of them mirrored, colours changed (pca)" in shown[1]
    assert shown[2] == "16 images an iteration, 6 iterations an epoch, 24 in all"
    assert shown[4].split()[:2] == ["epoch", "iterations"]
    assert [line.split()[:3] for line in shown[5:9]] == [
        [str(epoch), str(6 * epoch), "0.1"] for epoch in range(1, 5)
    ]
    assert shown[9] == f"wrote {tmp_path / 'a.safetensors'}"
    rows = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert [row["iterations"] for row in rows] == ["6", "12", "18", "24"]
    assert float(rows[-1]["validation_error"]) <= float(rows[0]["training_error"])
    seconds = [float(row["seconds"]) for row in rows]
    assert 0 < seconds[0] < seconds[-1]
    assert (tmp_path / "errors.svg").read_text().count("<polyline") >= 2
    graph = load(tmp_path / "tiny.net")
    assert set(read_weights(tmp_path / "a.safetensors", graph)) > {
        "conv_1.weight",
        "side.linear_1.bias",
    }


def test_run_makes_the_mistakes_that_validation_counted(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folders(tmp_path / "d")
    log = tmp_path / "log.csv"
    assert train("a", "--epochs", 5, "--val", folder, "--log", log, on=folder) == 0
    capsys.readouterr()
    words = ["--weights", tmp_path / "a.safetensors", "--top", 1, "--csv", "--engine", "torch"]
    assert main(["run", str(tmp_path / "tiny.net"), str(folder), *map(str, words)]) == 0
    found = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    classes = {"a2": "0", "a10": "1", "b": "2"}
    assert len(found) == 24
    wrong = sum(row["class"] != classes[Path(row["image"]).parent.name] for row in found)
    counted = float([*csv.DictReader(log.open())][-1]["validation_error"])
    assert 0 < wrong == round(24 * counted) < 24


# -------------------------------------------------------------------- interruptions


class Interrupted:
    """Presses Ctrl-C ahead of a step."""

    def __init__(self, patch: pytest.MonkeyPatch, steps: int):
        self.left, self.step = steps, Learner.step
        patch.setattr(Learner, "step", lambda *args: self.count(*args))

    def count(self, *args: Any) -> Any:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return self.step(*args)


@pytest.mark.parametrize("words", [WORDS, f"{WORDS}; average; drop 9; warmup 0.01, until=60%"])
def test_a_training_that_was_interrupted_ends_with_the_same_bits(
    words: str, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_net(tmp_path, words)
    assert train("whole") == 0
    with pytest.MonkeyPatch.context() as patch:
        Interrupted(patch, 20)  # within the last epoch, where the average has begun
        assert train("parts") == EXIT_INTERRUPTED
    assert "with --resume goes on with epoch 4" in capsys.readouterr().err
    parts, whole = (tmp_path / f"{name}.safetensors" for name in ("parts", "whole"))
    assert parts.read_bytes() != whole.read_bytes()
    assert train("parts", "--resume", "--log", tmp_path / "log.csv") == 0
    assert parts.read_bytes() == whole.read_bytes()
    assert "3 epochs are done" in capsys.readouterr().out
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 5


def test_an_interruption_ahead_of_the_first_epoch_writes_nothing(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Interrupted(patch, 2)
        assert train("a") == EXIT_INTERRUPTED
    assert "there is nothing to go on from" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.safetensors*"))


@pytest.mark.parametrize(
    ("states", "message"),
    [
        (0, "stopped within the first epoch: there is nothing to go on from"),
        (1, "stopped: the same command with --resume goes on with epoch 2"),
    ],
)
def test_an_interruption_between_the_weights_and_the_state(
    states: int, message: str, train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = [write_whole] * states

    def write(path: Path, data: bytes) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()(path, data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netlang.training.state.write_whole", write)
        assert train("a") == EXIT_INTERRUPTED
    assert message in capsys.readouterr().err
    assert (tmp_path / "a.safetensors").exists()
    assert train("a", *["--resume"] * states) == train("b") == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_a_training_that_is_done_can_be_longer(train: Train, tmp_path: Path) -> None:
    assert train("long") == 0
    assert train("short", "--epochs", 2) == 0
    assert train("short", "--resume") == 0
    long, short = (tmp_path / f"{name}.safetensors" for name in ("long", "short"))
    assert long.read_bytes() == short.read_bytes()


def rows(path: Path) -> list[dict[str, str]]:
    """The lines of a log, without the time that they took."""
    return [row | {"seconds": ""} for row in csv.DictReader(path.open())]


@pytest.mark.parametrize("first", [4, 8, 12])
def test_a_training_that_ended_within_an_epoch_can_be_longer(
    first: int, train: Train, tmp_path: Path
) -> None:
    """An epoch has 6 iterations."""
    long, short = (["--log", tmp_path / f"{name}.csv"] for name in ("long", "short"))
    assert train("long", "--iterations", 16, *long) == 0
    assert train("short", "--iterations", first, *short) == 0
    assert train("first", "--iterations", first) == 0
    assert (tmp_path / "short.safetensors").read_bytes() == (
        tmp_path / "first.safetensors"
    ).read_bytes()
    assert train("short", "--resume", "--iterations", 16, *short) == 0
    assert (tmp_path / "long.safetensors").read_bytes() == (
        tmp_path / "short.safetensors"
    ).read_bytes()
    assert rows(tmp_path / "long.csv") == rows(tmp_path / "short.csv")


@pytest.mark.parametrize("length", [["--epochs", 2], ["--iterations", 12], ["--iterations", 8]])
def test_a_training_that_is_done_is_left_as_it_is(
    length: list[object], train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("a", *length, "--log", tmp_path / "log.csv") == 0
    files = [tmp_path / f"a.safetensors{suffix}" for suffix in ("", ".state")]
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in files]
    capsys.readouterr()
    assert train("a", *length, "--resume", "--log", tmp_path / "again.csv") == 0
    iterations = rows(tmp_path / "log.csv")[-1]["iterations"]
    assert capsys.readouterr().out == (
        f"'{files[0]}' holds all {iterations} iterations: nothing is left to train\n"
    )
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in files] == before
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "log.csv").read_bytes()

    files[0].unlink()
    assert train("a", *length, "--resume", "--log", tmp_path / "again.csv") == 0
    assert f"wrote {files[0]}" in capsys.readouterr().out
    assert files[0].read_bytes() == before[0][0]
    assert rows(tmp_path / "again.csv") == rows(tmp_path / "log.csv")


def test_another_seed_gives_other_weights(train: Train, tmp_path: Path) -> None:
    assert train("a", "--epochs", 1) == train("b", "--epochs", 1, "--seed", 1) == 0
    assert (tmp_path / "a.safetensors").read_bytes() != (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--batch", 8], "is of a training with another batch"),
        (["--seed", 3], "is of a training with another seed"),
        (["--lr", 0.5], "is of a training with another learning rate"),
    ],
)
def test_only_the_same_training_goes_on(
    options: list[object], message: str, train: Train, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("a", "--epochs", 1) == 0
    assert train("a", "--resume", *options) == 1
    assert message in capsys.readouterr().err


def test_another_network_does_not_go_on(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("a", "--epochs", 1) == 0
    write_net(tmp_path, f"{WORDS}; drop 2")
    assert train("a", "--resume") == 1
    assert "is of a training with another network or recipe" in capsys.readouterr().err


def test_states_that_are_none(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train("a", "--resume") == 1
    assert "a.safetensors.state' to go on from" in capsys.readouterr().err
    (tmp_path / "a.safetensors.state").write_bytes(b"PK no state")
    assert train("a", "--resume") == 1
    assert "is no whole state of a training" in capsys.readouterr().err
    assert train("a") == 1
    assert "is of an earlier training, which would be lost" in capsys.readouterr().err


def test_a_training_that_diverges_leaves_the_last_whole_epoch(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("netlang.training.loop.rate", lambda _, at: float("inf") if at.epoch else 0.1)
        assert train("a") == 1
    shown = capsys.readouterr().err
    assert "training diverged: the loss is no finite number in epoch 2, iteration 8" in shown
    assert "such as 0.01; what the last whole epoch wrote is still there" in shown
    assert train("b", "--epochs", 1) == 0
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


# --------------------------------------------------------------------------- inputs


def test_an_image_that_cannot_be_read_is_named_once(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_folders(tmp_path / "d")
    (folder / "b" / "bad.png").write_bytes(b"no picture")
    assert train("a", "--val", folder, on=folder) == 1
    shown = capsys.readouterr()
    assert shown.err.count("error: ") == 1
    assert "bad.png' is not an image" in shown.err
    assert (tmp_path / "a.safetensors").exists()


def test_weights_to_start_from(train: Train, tmp_path: Path) -> None:
    """A rate that moves nothing leaves them as they were; heads that they lack start anew."""
    graph = load(tmp_path / "tiny.net")
    assert train("a", "--epochs", 1) == 0
    first = read_weights(tmp_path / "a.safetensors", graph)
    write_weights(
        tmp_path / "b.safetensors", {n: w for n, w in first.items() if not n.startswith("side")}
    )
    start = ["--weights", tmp_path / "b.safetensors"]
    assert train("c", "--epochs", 1, "--lr", 1e-30, *start) == 0
    second = read_weights(tmp_path / "c.safetensors", graph)
    assert (first["conv_1.weight"] == second["conv_1.weight"]).all()
    assert (first["side.linear_1.weight"] != second["side.linear_1.weight"]).any()


def test_weights_of_other_classes(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what scores the classes may differ, and starts anew."""
    graph = load(tmp_path / "tiny.net")
    weights = random_weights(graph, seed=5)
    scores = ("side.linear_1", "linear_1")
    for name, numbers in weights.items():
        if name.startswith(scores):
            weights[name] = np.concatenate([numbers, numbers])
    write_weights(tmp_path / "six.safetensors", weights)
    start = ["--weights", tmp_path / "six.safetensors", "--epochs", 1, "--lr", 1e-30]
    assert train("a", *start) == 0
    assert "for other classes: side.linear_1, linear_1\n" in capsys.readouterr().err
    learnt = read_weights(tmp_path / "a.safetensors", graph)
    assert (learnt["conv_1.weight"] == weights["conv_1.weight"]).all()
    assert learnt["linear_1.weight"].shape == (3, *weights["linear_1.weight"].shape[1:])

    write_weights(
        tmp_path / "six.safetensors", weights | {"conv_1.weight": np.zeros((1, 1, 1, 1), "float32")}
    )
    assert train("b", *start) == 1
    shown = capsys.readouterr().err
    assert "'conv_1.weight' is 1x1x1x1 and should be" in shown
    assert "linear" not in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--seed", -1], "'--seed -1' is below 0"),
        (["--threads", 0], "nothing runs on 0 threads"),
        (["--epochs", 2, "--iterations", 3], "both say how long"),
        (["--epochs", 0], "0 epochs train nothing"),
        (["--resume", "--weights", "w.safetensors"], "'--resume' has weights of its own"),
        (["--weights", "lost.safetensors"], "there is no weight file"),
        (["--plot", "a.gif"], "does not draw '.gif' files"),
        (["--log", "lost/log.csv"], "there is no folder 'lost'"),
        (["--val", "lost"], "there is no 'lost' to learn from"),
        (["--set", "classes=2"], "write --set classes=3"),
    ],
)
def test_refusals(
    options: list[object],
    message: str,
    train: Train,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(tmp_path.iterdir())
    assert train("a", *options) == 1
    assert message in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before


def test_a_network_whose_classes_are_fixed(
    train: Train, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = tmp_path / "tiny.net"
    net.write_text(
        net.read_text().replace("(classes = 3)", "").replace("linear classes", "linear 2")
    )
    assert train("a") == 1
    assert "end the network with: linear 3 -> softmax" in capsys.readouterr().err


def test_a_gpu_that_is_not_there(
    train: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert train("a", "--device", "cuda") == 1
    assert "torch finds no CUDA GPU" in capsys.readouterr().err
