"""`netlang summary`: the table, and the object that scripts read."""

import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from netlang.commands import main
from netlang.ground.resources import zoo_networks
from netlang.lower import load
from netlang.passes import inference
from netlang.summary import comparison, table
from tests.conftest import Refusal
from tests.test_startup import loaded


def described(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["summary", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("network", "depth"),
    [("alexnet", 8), ("vgg19", 19), ("googlenet", 22), ("resnet152", 152), ("resnet1202", 1202)],
)
def test_depth_is_what_the_papers_count(
    network: str, depth: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert described(capsys, network)["depth"] == depth


def test_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    network = described(capsys, "alexnet")
    layers = network.pop("layers")
    assert network == {
        "name": "alexnet",
        "parameters": 60_965_224,
        "macs": 724_406_816,
        "depth": 8,
        "input": [3, 224, 224],
        "output": [1000],
        "dtype": "float32",
        "weights_memory": 4 * 60_965_224,
        "activations_memory": sum(layer["memory"] for layer in layers),
        "peak_memory": 2 * 4 * 96 * 55 * 55,
        "receptive_field": [195, 195],
        "effective_stride": [32, 32],
    }
    assert layers[0] == {
        "name": "conv1.conv_1",
        "op": "conv",
        "input": [3, 224, 224],
        "inputs": [[3, 224, 224]],
        "output": [96, 55, 55],
        "parameters": 34_944,
        "macs": 105_415_200,
        "memory": 4 * 96 * 55 * 55,
        "receptive_field": [11, 11],
        "effective_stride": [4, 4],
        "kernel": [11, 11],
        "stride": [4, 4],
        "pad": [2, 2, 2, 2],
        "groups": 1,
    }
    assert sum(layer["parameters"] for layer in layers) == network["parameters"]
    assert sum(layer["macs"] for layer in layers) == network["macs"]


def test_heads_count_in_training_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert described(capsys, "googlenet")["parameters"] == 6_998_552
    assert described(capsys, "googlenet", "--training")["parameters"] == 13_378_280


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["summary", *arguments]) == 0
    return capsys.readouterr().out


def row(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return line.split()


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "resnet50")
    stage = "conv4_x 6 x bottleneck 1024x14x14 291 /16 7,098,368 1,387,266,048 28.1 MB"
    assert row(text, "conv4_x") == stage.split()
    assert text.splitlines()[-3:] == [
        "resnet50: 25,557,032 parameters, 3,857,973,248 MACs an image, 50 layers deep, 176 nodes",
        "float32: 102 MB of weights, 144 MB of activations an image, at most 9.63 MB at once",
        "receptive field of the last feature map: 483 /32",
    ]
    assert len(printed(capsys, "resnet50", "--layers").splitlines()) == 176 + 6


@pytest.mark.parametrize(
    ("network", "name", "content"),
    [
        ("vgg16", "convs_3", "3 x 3x3 conv, 256"),
        ("vgg16", "classifier_1", "3 layers"),
        ("googlenet", "inception_3a", "6 layers"),
        ("alexnet", "conv2", "5x5 conv, 256, 2 groups"),
    ],
)
def test_what_a_group_holds(
    network: str, name: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = row(printed(capsys, network), name)
    assert " ".join(cells[1 : 1 + len(content.split())]) == content


def test_fields_of_one_pixel_have_no_step(capsys: pytest.CaptureFixture[str]) -> None:
    source = Path(__file__).parents[1] / "summary" / "oblong.net"
    text = printed(capsys, str(source))
    assert row(text, "conv_1")[-5] == "3x5"
    assert row(text, "conv_2")[-6:-4] == ["5", "/2x1"]
    assert row(text, "avgpool_1")[-3] == "11x12"


def test_a_terminal_has_shares(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "%" not in printed(capsys, "alexnet")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    text = printed(capsys, "alexnet")
    assert row(text, "fc6")[-6:-2] == ["37,752,832", "62%", "37,748,736", "5.2%"]
    assert "%" not in printed(capsys, "alexnet", "--layers")


@pytest.mark.parametrize("text", ["upsample 3", "upsample 3, bilinear"])
def test_a_step_that_is_no_whole_number_has_three_digits(
    text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "large.net"
    source.write_text(f"net n {{ input 3x8x8; conv 3x3, 4, stride=2; {text}; upsample 100 }}")
    found = printed(capsys, str(source))
    assert row(found, "upsample_1")[-3] == "/0.667"
    assert row(found, "upsample_2")[-3] == "/0.00667"


def test_names_are_whole_but_for_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    last = "conv4_x.bottleneck_36.conv_3"
    names = [node.name for node in inference(load("resnet152"))]
    assert last in names
    text = printed(capsys, "resnet152", "--layers")
    assert [line.split()[0] for line in text.splitlines()[2:-4]] == names
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    narrow = printed(capsys, "resnet152", "--layers", "--dtype", "bfloat16")
    assert max(map(len, narrow.splitlines())) <= 100
    monkeypatch.setenv("COLUMNS", "200")
    assert printed(capsys, "resnet152", "--layers") == text


@pytest.mark.parametrize("name", zoo_networks())
def test_a_table_is_as_wide_as_asked_at_most(name: str) -> None:
    graph = inference(load(name))
    tables = (table(graph, True, width=100), table(graph, shares=True, width=100))
    assert max(len(line) for text in tables for line in text.splitlines()) <= 100


def test_a_dtype_is_chosen(capsys: pytest.CaptureFixture[str]) -> None:
    single, half = described(capsys, "vgg16"), described(capsys, "vgg16", "--dtype", "float16")
    for key in ("weights_memory", "activations_memory", "peak_memory"):
        assert single[key] == 2 * half[key]
    assert "float16: 277 MB" in printed(capsys, "vgg16", "--dtype", "float16")


def test_networks_compared(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "resnet18", "resnet152")
    expected = "152 1000 1507 60,192,808 11,282,415,616 241 MB 312 MB 9.63 MB"
    assert row(text, "resnet152")[1:] == expected.split()
    zoo = printed(capsys, "--zoo").splitlines()
    assert len(zoo) == len(zoo_networks()) + 4
    assert {line.split()[0] for line in zoo[2:-2]} == set(zoo_networks())
    graphs = [inference(load(name)) for name in zoo_networks()]
    assert max(map(len, comparison(graphs, width=100).splitlines())) <= 100
    objects = json.loads(printed(capsys, "resnet18", "alexnet", "--json"))
    assert [each["name"] for each in objects] == ["resnet18", "alexnet"]


def test_rows_for_scripts(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nets = ("alexnet", "vgg16")
    text = printed(capsys, *nets, "--csv")
    assert text.count("\r\n") == text.count("\n")
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert rows[0] == {
        "network": "alexnet",
        "layer": "conv1.conv_1",
        "op": "conv",
        "input": "3x224x224",
        "output": "96x55x55",
        "receptive_field_height_px": "11",
        "receptive_field_width_px": "11",
        "stride_height_px": "4",
        "stride_width_px": "4",
        "parameters": "34944",
        "macs_per_image": "105415200",
        "memory_bytes_per_image": "1161600",
    }
    parameters = [sum(int(r["parameters"]) for r in rows if r["network"] == n) for n in nets]
    assert parameters == [60_965_224, 138_357_544]
    assert main(["summary", *nets, "-o", str(tmp_path / "a.csv")]) == 0
    assert (tmp_path / "a.csv").read_bytes() == text.encode()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name one, or write --zoo for all"),
        (["lost1", "alexnet", "lost2"], "no network of the zoo named 'lost2'"),
        (["alexnet", "--csv", "--json"], "'--json' and '--csv' are two forms"),
        (["alexnet", "--json", "-o", "a.svg"], "'--json' and '-o' are two forms"),
        (["alexnet", "-o", "a.bmp"], "netlang does not draw '.bmp' files"),
        (["alexnet", "--csv", "-o", "a.svg"], "write -o FILE.csv"),
        (["alexnet", "--chart", "bars"], "name the picture with -o FILE.svg"),
        (["alexnet", "--chart", "bars", "-o", "a.csv"], "name the picture with -o FILE.svg"),
        (["alexnet", "vgg16", "--chart", "treemap", "-o", "a.svg"], "--chart bars compares"),
        (["alexnet", "vgg16", "--layers"], "--csv lists those of several"),
    ],
)
def test_what_makes_no_sense(arguments: list[str], message: str, refused: Refusal) -> None:
    refused(["summary", *arguments], message)


def test_it_starts_at_once(tmp_path: Path) -> None:
    slow = {"torch", "triton", "numpy", "graphviz", "resvg_py"}
    assert not loaded("summary", "resnet18", "-o", str(tmp_path / "a.svg")) & slow


def test_parameters_can_be_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert described(capsys, "resnet18", "--set", "option=A")["parameters"] == 11_515_688
    assert described(capsys, "resnet18", "--set", "classes=10")["output"] == [10]


def test_a_mistake_is_an_error_of_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "resnet18", "--set", "clases=10"]) == 1
    assert "did you mean 'classes'?" in capsys.readouterr().err
    assert main(["summary", "resnet18", "--set", "classes"]) == 1
    assert "write --set classes=10" in capsys.readouterr().err
