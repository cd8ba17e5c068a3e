"""`netlang run --eval`: the mean over the views that a recipe asks for."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from netlang.backends.torch import reference
from netlang.commands import main
from netlang.diagnostic import Source
from netlang.lower import load
from netlang.weights import random_weights

LAYERS = "conv 3x3, 4, stride=2 -> relu -> avgpool global -> linear 3 -> softmax"
RAW = "mean=0, std=100, range=255"
NET = f"net tiny {{ input 3x32x32, {RAW}; {LAYERS}; eval {{ resize 40; crops 10 }} }}"
DENSE = f"net tiny {{ input 3x32x32, {RAW}; {LAYERS}; eval {{ scale 40; scale 48; dense; flip }} }}"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Five photographs 40x60, 60x40 and so on, the third of them cut off."""
    home = tmp_path / "photos"
    home.mkdir()
    for number in range(5):
        size = (40, 60, 3) if number % 2 else (60, 40, 3)
        pixels = np.random.default_rng(number).integers(0, 256, size, dtype="uint8")
        Image.fromarray(pixels).save(home / f"{number}.png")
    (home / "2.png").write_bytes((home / "2.png").read_bytes()[:2000])
    return home


def pixels(path: Path) -> Any:
    return np.asarray(Image.open(path)).transpose(2, 0, 1) / 100


def ten_crops(path: Path) -> Any:
    x = pixels(path)
    x = x[:, 10:50] if x.shape[1] == 60 else x[:, :, 10:50]
    starts = [(0, 0), (0, 8), (8, 0), (8, 8), (4, 4)]
    cuts = [x[:, top : top + 32, left : left + 32] for top, left in starts]
    return np.stack([*cuts, *(cut[..., ::-1] for cut in cuts)])


def run(*arguments: str | Path, status: int = 0) -> None:
    assert main(["run", *map(str, arguments), "--eval"]) == status


@pytest.mark.parametrize("batch", [1, 7, 10, 64])
def test_ten_crops_are_averaged_an_image(
    batch: int, net: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(net, photos, "--json", "--batch", str(batch), "-o", tmp_path / "y.npy", status=1)
    report = json.loads(capsys.readouterr().out)
    left = [photos / f"{number}.png" for number in (0, 1, 3, 4)]
    assert [entry["image"] for entry in report["images"]] == list(map(str, left))
    assert [entry["image"] for entry in report["failed"]] == [str(photos / "2.png")]
    assert report["views"] == 10
    assert report["preparation"].endswith("; mean of 10 probabilities")
    graph, got = load(net), np.load(tmp_path / "y.npy")
    weights = random_weights(graph)
    expected = [reference(graph, weights, ten_crops(path)).mean(0) for path in left]
    np.testing.assert_allclose(got, torch.stack(expected), atol=1e-6)
    for entry, row in zip(report["images"], got, strict=True):
        best = entry["top"][0]
        assert best["class"] == row.argmax()
        assert best["probability"] == pytest.approx(row.max(), rel=1e-5)


def test_probabilities_are_averaged_where_a_network_gives_scores(
    net: Path, photos: Path, tmp_path: Path
) -> None:
    for name, text in (("p", NET), ("s", NET.replace(" -> softmax", ""))):
        net.write_text(text)
        run(net, photos / "1.png", "--csv", "-o", tmp_path / f"{name}.npy")
    np.testing.assert_allclose(np.load(tmp_path / "p.npy"), np.load(tmp_path / "s.npy"), atol=1e-6)


def test_dense_is_over_whole_images_of_any_size(
    net: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.write_text(DENSE)
    left = [photos / f"{number}.png" for number in (0, 1, 3, 4)]
    run(net, *left, "--json", "-o", tmp_path / "y.npy")
    report = json.loads(capsys.readouterr().out)
    assert (report["views"], len(report["images"])) == (4, 4)
    assert "float32" in report["engine"]
    for path, got in zip(left, np.load(tmp_path / "y.npy"), strict=True):
        image, rows = Image.open(path), list[Any]()
        for side in (40, 48):
            width, height = (side * length // 40 for length in image.size)
            text = f"net tiny {{ input 3x{height}x{width}; {LAYERS} }}"
            graph = load(Source("n.net", text))
            larger = image.resize((width, height), Image.Resampling.BICUBIC)
            x = np.asarray(larger).transpose(2, 0, 1)[None] / 100
            weights = random_weights(graph)
            rows += [reference(graph, weights, each)[0] for each in (x, x[..., ::-1].copy())]
        np.testing.assert_allclose(got, torch.stack(rows).mean(0), atol=1e-6)


def test_alexnet_is_tested_on_ten_crops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (256, 320, 3), dtype="uint8")
    Image.fromarray(photo).save(tmp_path / "a.png")
    run("alexnet", tmp_path / "a.png", "-o", tmp_path / "y.npy")
    shown = capsys.readouterr().out
    assert "corners and centre 224x224 of the middle square, mirrored as well" in shown
    assert "(in place of 'mean pixel', whose image no weights hold); mean of 10" in shown
    x = photo - [123.68, 116.779, 103.939]
    starts = [(0, 32), (0, 64), (32, 32), (32, 64), (16, 48)]
    cuts = [x[top : top + 224, left : left + 224].transpose(2, 0, 1) for top, left in starts]
    crops = np.stack([*cuts, *(cut[..., ::-1] for cut in cuts)])
    graph = load("alexnet")
    expected = reference(graph, random_weights(graph), crops).mean(0)
    np.testing.assert_allclose(np.load(tmp_path / "y.npy")[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layers", "conv_1", "-o", "v"], "'--eval' has several"),
        (["--time"], "'--time' times the network at one view"),
        (["x.npy"], "'x.npy' is taken as prepared, and a test prepares images itself"),
    ],
)
def test_what_a_test_has_no_place_for(
    arguments: list[str],
    message: str,
    net: Path,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(photos.parent)
    np.save("x.npy", np.zeros((3, 32, 32), "float32"))
    run(net, photos / "1.png", *arguments, status=1)
    assert message in capsys.readouterr().err


def test_a_test_is_of_classes(
    net: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net.write_text("net n { input 3x32x32; conv 3x3, 2; eval { crops 10 } }")
    run(net, photos / "1.png", "-o", tmp_path / "y.npy", status=1)
    assert "gives 2x32x32, which are not classes" in capsys.readouterr().err
