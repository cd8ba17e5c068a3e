"""`netlang run`: the classes of an image, and every way in which there is none."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from netlang.commands import main
from netlang.images import read_image
from netlang.ir.types import TensorType
from netlang.lower import load
from netlang.weights import random_weights, write_weights

TINY = "net tiny { input 3x16x16; conv 3x3, 4 -> relu -> avgpool global -> linear 3 -> softmax }"
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.net"
    path.write_text(TINY)
    return path


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
    return json.loads(capsys.readouterr().out)


# ---------------------------------------------------------------------------- images


def test_an_image_of_the_size_of_the_cut_is_taken_pixel_by_pixel(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (256, 300, 3), dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "a.png")
    x = read_image(tmp_path / "a.png", TensorType((3, 224, 224)))
    middle = pixels[16:240, 38:262] / 255
    np.testing.assert_allclose(x, ((middle - MEAN) / DEVIATION).transpose(2, 0, 1), atol=1e-5)
    assert x.dtype == np.float32


def test_a_recipe_may_want_another_size(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype="uint8")
    Image.fromarray(pixels).save(tmp_path / "a.png")
    x = read_image(tmp_path / "a.png", TensorType((3, 32, 32)), shorter=40)
    middle = pixels[4:36, 4:36] / 255
    np.testing.assert_allclose(x, ((middle - MEAN) / DEVIATION).transpose(2, 0, 1), atol=1e-5)


def test_gray_networks_see_gray(photo: Path) -> None:
    assert read_image(photo, TensorType((1, 28, 28))).shape == (1, 28, 28)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    half = np.zeros((32, 32), "uint8")
    half[:16] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned to the left: the left column is the top
    Image.fromarray(half).save(tmp_path / "turned.png", exif=exif)
    x = read_image(tmp_path / "turned.png", TensorType((1, 28, 28)))
    assert x[0, :, -1].min() > 2
    assert x[0, :, 0].max() < -1


# --------------------------------------------------------------------------- command


def test_the_classes_are_those_of_the_module(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = load(net)
    weights = random_weights(graph, seed=3)
    write_weights(tmp_path / "w.safetensors", weights)
    image = torch.from_numpy(read_image(photo, TensorType((3, 16, 16))))
    expected = graph.to_torch(weights).eval()(image[None])[0].sort(descending=True)
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n")
    report = found(
        capsys, net, "--image", photo, "--image", photo, "--top", "2",
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
    given = found(capsys, net, "--image", photo)["images"]
    net.write_text(TINY.replace(" -> softmax", ""))
    logits = found(capsys, net, "--image", photo)["images"]
    for a, b in zip(given[0]["top"], logits[0]["top"], strict=True):
        assert a == b | {"probability": pytest.approx(b["probability"], rel=1e-5)}


def test_random_weights_are_said_to_be_random(
    net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(net), "--image", str(photo), "--seed", "7"]) == 0
    shown = capsys.readouterr().out
    assert "weights are random (seed 7)" in shown
    assert "shorter side to 18, centre 16x16, R, G, B minus 0.485, 0.456, 0.406" in shown
    assert shown.count("%  class ") == 3


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
    assert message in refusal(capsys, net, "--image", path)


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
    assert message in refusal(capsys, net, "--image", photo)


def test_labels_that_do_not_fit(
    net: Path, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.txt"
    assert "no file of labels" in refusal(capsys, net, "--image", photo, "--labels", labels)
    labels.write_text("ant\nbee\n")
    assert "has 2 labels and 'tiny' has 3 classes" in refusal(
        capsys, net, "--image", photo, "--labels", labels
    )
    labels.write_bytes(b"\xff\xfe\x00")
    assert "are not UTF-8 text" in refusal(capsys, net, "--image", photo, "--labels", labels)


def test_numbers_that_make_no_sense(
    net: Path, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "'--top 0' shows nothing" in refusal(capsys, net, "--image", photo, "--top", "0")
    assert "'--seed -1' is below 0" in refusal(capsys, net, "--image", photo, "--seed", "-1")
