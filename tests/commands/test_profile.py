"""`netlang profile`: the table, the object, and a picture in which no text leaves its place."""

import json
import math
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from netlang.commands import main
from netlang.cost.roofline import Axis
from netlang.ground.units import percent, si
from netlang.pictures.palette import PALETTES
from netlang.pictures.svg import fit, width_of
from tests.conftest import Golden, Refusal
from tests.test_startup import loaded

BOTTLENECKS = ("resnet50", "--set", "stride_in=3x3", "--batch", "256")


LAYER_WISE = (*BOTTLENECKS, "--after", "fuse_epilogue")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["profile", *arguments]) == 0
    return capsys.readouterr().out


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, *LAYER_WISE).splitlines()
    head = "resnet50 on H100 SXM, float16, batch 256: floors of a model at 3 TB/s and 790 TFLOP/s (measured)"
    assert lines[0].startswith(head)
    (stem,) = [line for line in lines if line.startswith("conv_1 ")]
    # 256 x 118M multiply-adds; 2 bytes x (256 x (3x224x224 + 64x112x112) + weights); / 3 TB/s
    assert stem.endswith("30.2G   488 MB      123.8  162.71 µs    memory   3.0%")
    (pool,) = [line for line in lines if line.startswith("maxpool_1 ")]
    assert pool.split()[-6:] == "514 MB 171.27 µs memory 3.2%".split()
    assert lines[-3].split()[:4] == "as written 175 layers".split()
    assert lines[-2].endswith("47.4k images/s  2.67x")
    assert lines[-1] == "optimized: 75% of the time bound by memory, 25% by compute"


def test_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = json.loads(printed(capsys, *LAYER_WISE, "--json"))
    layers, after = found["layers"], found["after"]
    assert found["device"] == {
        "name": "H100 SXM",
        "bytes_per_second": 3e12,
        "flops_per_second": 790e12,
        "l2_bytes": 50_000_000,
        "sms": 132,
        "source": "measured",
    }
    assert (found["network"], found["dtype"], found["batch"]) == ("resnet50", "float16", 256)
    assert len(layers) == after["layers"] == 57
    assert after["flops"] == found["before"]["flops"] == 2 * 256 * 4_089_184_256
    assert sum(layer["bytes"] for layer in layers) == after["bytes"]
    assert sum(layer["share"] for layer in layers) == pytest.approx(1)
    assert 2 * sum(layer["macs"] for layer in layers) == after["flops"]
    assert after["images_per_second"] == pytest.approx(256 / after["seconds"])


def test_the_whole_pipeline_moves_less_than_the_layers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    layers, whole = (
        json.loads(printed(capsys, *arguments, "--json"))["after"]
        for arguments in (LAYER_WISE, BOTTLENECKS)
    )
    assert whole["bytes"] < 0.75 * layers["bytes"]
    assert whole["seconds"] < layers["seconds"]


def test_heads_count_neither_before_nor_after(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(printed(capsys, "googlenet", "--json"))
    assert found["before"]["flops"] == found["after"]["flops"] == 2 * 1_582_671_872
    assert found["before"]["layers"] > found["after"]["layers"]


def test_device_and_dtype_are_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    def total(*arguments: str) -> dict[str, Any]:
        # What is one kernel hangs on the dtype too, but for epilogues.
        stage = ("--after", "fuse_epilogue")
        return json.loads(printed(capsys, "vgg16", "--json", *stage, *arguments))["after"]

    half, single = total(), total("--dtype", "float32")
    assert single["bytes"] == 2 * half["bytes"]
    assert total("--device", "l4")["seconds"] > 5 * half["seconds"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "0"], "a batch of 0 images is none"),
        (["--batch", "9" * 400], "images is none"),
        (["--after", "fuse"], "there is no pass 'fuse'"),
        (["-o", "roof.bmp"], "netlang does not draw '.bmp' files"),
        (["-o", "roof"], "netlang does not draw 'roof' files"),
        (["-o", "."], "end the name with .svg, .png or .pdf: -o roofline.svg"),
        (["-o", "roof.svg", "--json"], "leave one of them out"),
    ],
)
def test_mistakes(arguments: list[str], message: str, refused: Refusal) -> None:
    refused(["profile", "resnet18", *arguments], message)


def test_it_starts_at_once() -> None:
    assert not loaded("profile", "resnet18") & {"torch", "triton", "numpy"}


# --------------------------------------------------------------------------- picture

Box = tuple[float, float, float, float]

HEX = "#[0-9a-f]{6}"


def drawn(path: Path, *arguments: str) -> ET.Element:
    assert main(["profile", *arguments, "-o", str(path)]) == 0
    return ET.parse(path).getroot()


def every(picture: ET.Element, kind: str) -> list[ET.Element]:
    return picture.findall(f"{{http://www.w3.org/2000/svg}}{kind}")


def box(text: ET.Element) -> Box:
    """Left, top, right and bottom of a text at its widest, around its turned line too."""
    x, y, size = (float(text.attrib[key]) for key in ("x", "y", "font-size"))
    width = width_of(text.text or "", size)
    left = {"start": 0.0, "middle": -width / 2, "end": -width}[text.attrib["text-anchor"]]
    turn = math.radians(
        float(text.attrib.get("transform", "rotate(0").split("(")[1].split()[0].rstrip(")"))
    )
    corners = [(left + w, h) for w in (0, width) for h in (-0.75 * size, 0.25 * size)]
    xs = [x + a * math.cos(turn) - b * math.sin(turn) for a, b in corners]
    ys = [y + a * math.sin(turn) + b * math.cos(turn) for a, b in corners]
    return min(xs), min(ys), max(xs), max(ys)


def overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def assert_texts_are_in_place(picture: ET.Element) -> None:
    boxes = [(text.text, box(text)) for text in every(picture, "text")]
    width, height = float(picture.attrib["width"]), float(picture.attrib["height"])
    for number, (text, (left, top, right, bottom)) in enumerate(boxes):
        assert 0 <= left < right <= width, text
        assert 0 <= top < bottom <= height, text
        others = boxes[number + 1 :]
        assert not [other for other, at in others if overlap((left, top, right, bottom), at)], text


PICTURES = {
    "bottlenecks": BOTTLENECKS,
    "bound by weights": ("alexnet",),
    "float32": ("googlenet", "--device", "rtx4090", "--dtype", "float32", "--batch", "32"),
    "bound by compute": ("vgg16", "--device", "l4", "--dtype", "float32", "--batch", "64"),
    "deep": ("resnet1202", "--device", "b200", "--batch", "100000"),
    "few classes": ("resnet20", "--device", "a100-80gb", "--set", "classes=2"),
}


@pytest.mark.parametrize("arguments", PICTURES.values(), ids=PICTURES)
def test_no_text_overlaps_or_leaves_the_picture(arguments: tuple[str, ...], tmp_path: Path) -> None:
    assert_texts_are_in_place(drawn(tmp_path / "a.svg", *arguments))


@pytest.mark.parametrize("arguments", PICTURES.values(), ids=PICTURES)
def test_no_point_covers_a_text(arguments: tuple[str, ...], tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", *arguments)
    boxes = [box(text) for text in every(picture, "text") if "transform" not in text.attrib]
    for circle in every(picture, "circle"):
        x, y, r = (float(circle.attrib[key]) for key in ("cx", "cy", "r"))
        assert not any(overlap((x - r, y - r, x + r, y + r), at) for at in boxes)


def test_the_picture_shows_every_layer(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", *LAYER_WISE)
    tips = ["".join(circle.itertext()) for circle in every(picture, "circle")]
    more = sum(int(tip.partition(" and ")[2].split()[0]) for tip in tips if " and " in tip)
    assert len(tips) + more == 53 + 1  # convs and the linear layer
    texts = {text.text for text in every(picture, "text")}
    assert {"3 TB/s", "790 TFLOP/s", "the roof bends at 263 FLOP/byte"} <= texts
    assert "5.40 ms, 47.4k images/s, 2.67x as fast" in texts
    # The bars of a network are as long as its time.
    bars = [rect for rect in every(picture, "rect") if rect.attrib["height"] == "30"]
    ends = {float(r.attrib["y"]): float(r.attrib["x"]) + float(r.attrib["width"]) for r in bars}
    written, optimized = (end - 96 for end in ends.values())
    assert written / optimized == pytest.approx(2.67, abs=0.01)


def test_the_picture_says_what_it_is_of(tmp_path: Path) -> None:
    texts = [text.text or "" for text in every(drawn(tmp_path / "a.svg", *BOTTLENECKS), "text")]
    assert texts[0] == "resnet50 (stride_in=3x3) on H100 SXM, float16, batch 256"
    assert "FLOP/byte (both axes are logarithmic)" in texts
    assert "FLOP/s" in texts


def test_a_network_of_nothing_says_so(tmp_path: Path) -> None:
    source = tmp_path / "nothing.net"
    source.write_text("net nothing { input 3x8x8; identity }")
    picture = drawn(tmp_path / "a.svg", str(source))
    texts = [text.text or "" for text in every(picture, "text")]
    assert texts.count("nothing that takes time") == 2
    assert not [text for text in texts if "bound by" in text or "images/s" in text]


def test_dark_paper_has_no_ink_of_the_light_one(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", *BOTTLENECKS, "--theme", "dark")
    used = {
        part.attrib[key] for part in picture for key in ("fill", "stroke") if key in part.attrib
    }
    light, dark = (set(map(str, re.findall(HEX, str(PALETTES[x])))) for x in ("light", "dark"))
    assert used - {"none"} <= dark - light


def test_the_picture_of_the_manual_is_this_one(tmp_path: Path, golden: Golden) -> None:
    drawn(tmp_path / "a.svg", *BOTTLENECKS)
    manual = Path(__file__).parents[2] / "docs" / "img" / "roofline_resnet50.svg"
    golden(manual, (tmp_path / "a.svg").read_text(encoding="utf-8"))


@pytest.mark.parametrize("body", ["avgpool global", "identity"])
def test_a_network_without_products(
    body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "pool.net"
    source.write_text(f"net {'a_name_without_an_end_' * 9}() {{\n  input 3x8x8\n  {body}\n}}\n")
    picture = drawn(tmp_path / "a.svg", str(source))
    assert_texts_are_in_place(picture)
    assert not every(picture, "circle")
    assert (
        json.loads(printed(capsys, str(source), "--json").splitlines()[-1])["after"]["flops"] == 0
    )
    assert "optimized" in printed(capsys, str(source))


def test_a_png_is_the_same_picture(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", *BOTTLENECKS)
    assert main(["profile", *BOTTLENECKS, "-o", str(tmp_path / "a.png")]) == 0
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.array(image.convert("L"))
    assert pixels.shape == (2 * int(picture.attrib["height"]), 2 * int(picture.attrib["width"]))
    # Each text has ink where it stands: a font was found, on a machine without any.
    for text in every(picture, "text"):
        left, top, right, bottom = (round(2 * edge) for edge in box(text))
        inside = pixels[top:bottom, left:right].astype(int)
        assert np.ptp(inside) > 100, text.text


def test_ticks_are_as_many_as_fit() -> None:
    assert Axis(0.9, 21, 0, 1).ticks == [1, 2, 5, 10, 20]
    assert Axis(0.9, 1e5, 0, 1).ticks == [1, 10, 100, 1000, 10_000, 100_000]


def test_numbers_for_people() -> None:
    found = [
        si(51_060_944, "B"),
        si(999.9),
        si(2.5e-5, "s"),
        si(0, "B"),
        si(3e12, "B/s", trim=True),
    ]
    assert found == ["51.1 MB", "1.00k", "25.0 µs", "0 B", "3 TB/s"]
    assert [si(50e6, trim=True), si(100, trim=True)] == ["50M", "100"]
    assert [si(40), si(7, "B"), si(999), si(1000), si(40.0)] == [
        "40",
        "7 B",
        "999",
        "1.00k",
        "40.0",
    ]
    assert [percent(0.5), percent(0.0349), percent(0.0996)] == ["50%", "3.5%", "10%"]
    assert fit("resnet", 10, 60) == "resnet"
    assert fit("a long name", 10, 36) == "a …ame"
