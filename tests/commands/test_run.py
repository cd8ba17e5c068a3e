"""`netlang run`: the classes of an image, and every way in which there is none."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from netlang.backends.torch import values
from netlang.commands import main
from netlang.images import Preparation
from netlang.lower import load
from netlang.weights import random_weights, write_weights

NET = "net tiny { input 3x16x16; conv 3x3, 4 -> relu -> avgpool global -> linear 3 -> softmax }"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype="uint8")
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main(["run", *map(str, arguments)]) == 1
    shown = capsys.readouterr()
    assert not shown.out
    return shown.err


def found(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> dict[str, Any]:
    assert main(["run", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


# --------------------------------------------------------------------------- command


def test_the_classes_are_those_of_the_module(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = load(net)
    weights = random_weights(graph, seed=3)
    write_weights(tmp_path / "w.safetensors", weights)
    image = torch.from_numpy(Preparation.of(graph).read(photo))
    expected = graph.to_torch(weights).eval()(image[None])[0].sort(descending=True)
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n")
    report = found(
        capsys, net, photo, photo, "--top", "2",
        "--weights", tmp_path / "w.safetensors", "--labels", tmp_path / "labels.txt",
    )  # fmt: skip
    assert [entry["image"] for entry in report["images"]] == [str(photo)] * 2
    top = report["images"][0]["top"]
    assert [place["class"] for place in top] == expected.indices[:2].tolist()
    assert [place["label"] for place in top] == [
        ["ant", "bee", "cat"][int(i)] for i in expected.indices[:2]
    ]
    probabilities = [place["probability"] for place in top]
    np.testing.assert_allclose(probabilities, expected.values[:2].tolist(), rtol=1e-5)


def test_logits_become_probabilities(
    net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = found(capsys, net, photo)["images"]
    net.write_text(NET.replace(" -> softmax", ""))
    logits = found(capsys, net, photo)["images"]
    for a, b in zip(given[0]["top"], logits[0]["top"], strict=True):
        assert a == b | {"probability": pytest.approx(b["probability"], rel=1e-5)}


def test_random_weights_are_said_to_be_random(
    net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(net), str(photo), "--seed", "7"]) == 0
    shown = capsys.readouterr().out
    assert "weights are random (seed 7)" in shown
    assert (
        "shorter side to 18 (bicubic), centre 16x16, R, G, B from 0 to 1 minus 0.485, 0.456"
        in shown
    )
    engine, _, _, head, first, *others = shown.splitlines()[1:]
    assert engine.startswith("run by ")
    assert head.split()[:-1] == ["image", "rank", "class"]
    assert first.split()[:2] == [str(photo), "1"]
    assert [line.split()[0] for line in others] == ["2", "3"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no image"),
        (b"not a picture", "is not an image"),
        ("half", "is damaged"),
        ("deep", "has more than 8 bits a channel"),
    ],
)
def test_what_is_no_image(
    content: bytes | str | None,
    message: str,
    net: Path,
    photo: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "bad.png"
    if content == "half":
        path.write_bytes(photo.read_bytes()[:2000])
    elif content == "deep":
        Image.fromarray(np.zeros((20, 20), "uint16")).save(path)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    assert message in refusal(capsys, net, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("net n { input 4x8x8; avgpool global }", "takes 4x8x8, which is not an image"),
        ("net n { input 12; linear 3 }", "takes 12, which is not an image"),
        ("net n { input 3x8x8; conv 3x3, 2 }", "gives 2x8x8, which are not classes"),
    ],
)
def test_networks_that_classify_no_images(
    text: str, message: str, net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.write_text(text)
    assert message in refusal(capsys, net, photo)


def test_a_result_that_is_no_number(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = random_weights(load(net))
    weights["conv_1.weight"][:] = 3e38
    write_weights(tmp_path / "w.safetensors", weights)
    given = [net, photo, "--weights", tmp_path / "w.safetensors"]
    (image,) = found(capsys, *given)["images"]
    assert [place["probability"] for place in image["top"]] == [None] * 3
    for form in ([], ["--csv"]):
        assert main(["run", *map(str, given), *form]) == 0
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.replace(",", " ").split()[-1] == "nan"


def test_labels_may_begin_with_a_byte_order_mark(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("ant\nbee\ncat\n", encoding="utf-8-sig")
    (image,) = found(capsys, net, photo, "--labels", labels)["images"]
    assert {place["label"] for place in image["top"]} == {"ant", "bee", "cat"}


def test_labels_that_do_not_fit(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.txt"
    assert "no file of labels" in refusal(capsys, net, photo, "--labels", labels)
    labels.write_text("ant\nbee\n")
    assert "has 2 labels and 'tiny' has 3 classes" in refusal(
        capsys, net, photo, "--labels", labels
    )
    labels.write_bytes(b"\xff\xfe\x00")
    assert "are not UTF-8 text" in refusal(capsys, net, photo, "--labels", labels)


def test_numbers_that_make_no_sense(
    net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "'--top 0' shows nothing" in refusal(capsys, net, photo, "--top", "0")
    assert "'--seed -1' is below 0" in refusal(capsys, net, photo, "--seed", "-1")


# ---------------------------------------------------------------------- many inputs


@pytest.fixture
def folder(photo: Path) -> Path:
    """Three photographs, one of them cut off, and a text."""
    home = photo.parent / "photos"
    home.mkdir()
    for name in ("b10.png", "b9.png"):
        (home / name).write_bytes(photo.read_bytes())
    (home / "a.png").write_bytes(photo.read_bytes()[:2000])
    (home / "notes.txt").write_text("no image")
    return home


def test_a_damaged_image_is_named_and_the_rest_goes_on(
    net: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(net), str(folder), "--json", "--batch", "1"]) == 1
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert [entry["image"] for entry in report["images"]] == [
        str(folder / "b9.png"),
        str(folder / "b10.png"),
    ]
    (failed,) = report["failed"]
    assert failed["image"] == str(folder / "a.png")
    assert shown.err.splitlines() == [f"error: {failed['reason']}", "1 of 3 could not be read"]


def test_an_array_of_another_shape_is_named_and_the_rest_goes_on(
    net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = photo.with_name("wrong.npy")
    np.save(wrong, np.zeros((3, 4, 4), "float32"))
    assert main(["run", str(net), str(wrong), str(photo), "--csv", "--top", "1"]) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines()[1].startswith(str(photo))
    assert f"error: '{wrong}' is 3x4x4, and 'tiny' takes 3x16x16" in shown.err


def test_images_that_are_all_damaged_are_an_error(
    net: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.npy"
    assert "no input could be read" in refusal(capsys, net, folder / "a.png", "-o", out)
    assert not out.exists()


def test_csv_has_a_line_an_image_and_rank(
    net: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "labels.txt").write_text('ant\n"bee, queen"\ncat\n')
    labels = str(folder.parent / "labels.txt")
    arguments = ["run", str(net), str(folder / "b*.png"), "--csv", "--top", "2", "--labels", labels]
    assert main(arguments) == 0
    rows = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert rows[0] == ["image", "rank", "class", "label", "probability"]
    assert [row[:2] for row in rows[1:3]] == [[str(folder / "b9.png"), rank] for rank in "12"]
    assert rows[1][3] == ["ant", '"bee, queen"', "cat"][int(rows[1][2])]


# --------------------------------------------------------------------------- arrays


def test_an_array_is_taken_as_prepared_and_one_comes_out(
    net: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = load(net)
    x = np.random.default_rng(0).standard_normal((3, 3, 16, 16), dtype="float32")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "one.npy", x[1].astype("float64"))
    out = tmp_path / "y.npy"
    report = found(capsys, net, tmp_path / "x.npy", tmp_path / "one.npy", "--batch", "2", "-o", out)
    assert [entry["image"] for entry in report["images"]] == [
        *(f"{tmp_path / 'x.npy'}[{row}]" for row in range(3)),
        str(tmp_path / "one.npy"),
    ]
    assert report["preparation"] is None
    expected = graph.to_torch(random_weights(graph)).eval()(torch.tensor(x[[0, 1, 2, 1]]))
    got = np.load(out)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected.detach(), rtol=1e-5)


def test_what_gives_no_classes_may_still_be_written(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.write_text("net n { input 3x8x8; conv 3x3, 2 }")
    assert "help: write it to an array, -o OUT.npy, or end" in refusal(capsys, net, photo)
    assert found(capsys, net, photo, "-o", tmp_path / "y.npy")["images"] == []
    assert np.load(tmp_path / "y.npy").shape == (1, 2, 8, 8)


def test_layers_are_written_with_their_names(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph, out = load(net), tmp_path / "values"
    assert main(["run", str(net), str(photo), "--layers", "[cr]*_1", "-o", str(out)]) == 0
    assert "torch in float32, layer by layer" in capsys.readouterr().err
    assert sorted(path.name for path in out.iterdir()) == ["conv_1.npy", "relu_1.npy"]
    x = Preparation.of(graph).read(photo)[None]
    expected = values(graph, random_weights(graph), x)["conv_1"]
    np.testing.assert_allclose(np.load(out / "conv_1.npy"), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layers", "conv_l", "-o", "v"], "did you mean 'conv_1'?"),
        (["--layers", "conv_1"], "name one: -o values"),
        (["--layers", "conv_1", "-o", "."], "'.' holds other files, which would go"),
        (["--layers", "conv_1", "-o", "photo.png"], "'photo.png' is a file"),
        (["-o", "scores.csv"], "write -o scores.npy"),
        (["--batch", "0"], "a batch of 0 images is none"),
        (["--csv", "--time"], "'--csv' has no place for '--time'"),
    ],
)
def test_arguments_that_make_no_sense(
    arguments: list[str],
    message: str,
    net: Path,
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(photo.parent)
    assert message in refusal(capsys, net, photo, *arguments)
    assert photo.exists()


def test_there_must_be_something_to_run_on(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is nothing to run 'tiny' on" in refusal(capsys, net)
    assert "'-o y.npy' has nothing to write" in refusal(capsys, net, "--time", "-o", "y.npy")


# ----------------------------------------------------------------------------- time


def test_each_layer_is_timed_without_an_image(
    net: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timing = found(capsys, net, "--time", "--batch", "2")["timing"]
    assert timing["batch"] == 2
    assert [layer["op"] for layer in timing["layers"]] == [
        "conv", "avgpool", "linear", "softmax",
    ]  # fmt: skip
    assert 0 < sum(layer["share"] for layer in timing["layers"]) < 2
    assert main(["run", str(net), "--time"]) == 0
    shown = capsys.readouterr().out
    assert "by torch " in shown
    assert "on the CPU, float32" in shown
    assert ", batch 8: " in shown


def test_an_engine_without_layers_times_none(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message = "the engine 'reference' has no layers to time"
    assert message in refusal(capsys, net, "--time", "--engine", "reference")
