"""Pictures of counts: what is drawn is as large as its number, and text stays where it belongs."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from netlang.commands import main
from netlang.ir.op import Family
from netlang.lower import load
from netlang.passes import inference
from netlang.pictures.palette import PALETTES, Theme
from netlang.summary.picture import SIDE
from tests.commands.test_profile import assert_texts_are_in_place, box, every
from tests.conftest import Golden
from tests.contrast import READABLE, contrast

IMAGES = Path(__file__).parents[2] / "docs" / "img"
TREEMAPS = ("alexnet", "vgg16", "googlenet", "resnet18", "resnet152", "resnet1202")
SERIES = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
MANUAL = {"summary_alexnet": ("alexnet",), "summary_resnets": SERIES}

TIP = re.compile(r"(?P<trail>.*): (?P<number>[\d,]+) (?P<what>[^,]*)(, (?P<share>.*)%)?")


class Piece(NamedTuple):
    """A rectangle with a number."""

    trail: str
    number: int
    what: str
    fill: str
    left: float
    top: float
    width: float
    height: float

    def holds(self, text: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = text
        across = self.left <= left and right <= self.left + self.width
        return across and self.top <= top and bottom <= self.top + self.height


def drawn(path: Path, *arguments: str) -> ET.Element:
    assert main(["summary", *arguments, "-o", str(path)]) == 0
    return ET.parse(path).getroot()


def pieces(picture: ET.Element) -> list[Piece]:
    found: list[Piece] = []
    for rect in every(picture, "rect"):
        tip = TIP.fullmatch("".join(rect.itertext()))
        if tip:
            place = (float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
            number = int(tip["number"].replace(",", ""))
            found.append(Piece(tip["trail"], number, tip["what"], rect.attrib["fill"], *place))
    return found


@pytest.mark.parametrize("network", TREEMAPS)
def test_areas_are_the_counts(network: str, tmp_path: Path) -> None:
    graph = inference(load(network))
    found = pieces(drawn(tmp_path / "a.svg", network))
    totals = {
        "parameters": sum(map(graph.parameters, graph)),
        "MACs an image": sum(map(graph.macs, graph)),
    }
    assert {piece.what for piece in found} == totals.keys()
    for what, total in totals.items():
        shown = [piece for piece in found if piece.what == what]
        assert sum(piece.number for piece in shown) == total
        assert sum(p.width * p.height for p in shown) == pytest.approx(SIDE**2, rel=1e-3)
        # A file has hundredths of pixels, which are much of what is thin.
        for piece in (piece for piece in shown if min(piece.width, piece.height) > 2):
            area = piece.width * piece.height
            assert area / SIDE**2 == pytest.approx(piece.number / total, rel=0.01), piece


@pytest.mark.parametrize("network", TREEMAPS)
def test_a_group_has_one_colour(network: str, tmp_path: Path) -> None:
    colours: dict[str, set[str]] = {}
    for piece in pieces(drawn(tmp_path / "a.svg", network)):
        colours.setdefault(piece.trail.partition(" > ")[0], set()).add(piece.fill)
    assert {len(fills) for fills in colours.values()} == {1}


@pytest.mark.parametrize("network", TREEMAPS)
def test_a_text_is_of_what_it_stands_in(network: str, tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", network)
    assert_texts_are_in_place(picture)
    found = pieces(picture)
    top, bottom = min(p.top for p in found), max(p.top + p.height for p in found)
    name = ""
    for text in every(picture, "text"):
        place = box(text)
        if not top <= place[1] < bottom:
            continue
        name = name if (text.text or "").endswith("%") and "," not in str(text.text) else text.text
        name = re.sub(r", [\d.]+%$", "", name or "")
        (piece,) = [p for p in found if p.holds((place[0], place[1], place[0] + 1, place[3]))]
        head, _, tail = name.partition("…")
        whole = [n for n in piece.trail.split(" > ") if n.startswith(head) and n.endswith(tail)]
        assert whole, name
        assert name in whole or "…" in name
        name = whole[0]
        # What is no group's crosses no gap, and a group's stays in the group.
        around = [p for p in found if p.what == piece.what and p.trail.startswith(f"{name} > ")]
        right = max([piece, *around], key=lambda p: p.left + p.width)
        assert place[2] <= right.left + right.width
        assert piece.holds(place) or text.attrib.get("font-weight") == "bold" or around


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("network", TREEMAPS)
def test_a_text_is_read_on_the_colour_of_its_tile(network: str, theme: str, tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", network, "--theme", theme)
    found = pieces(picture)
    for text in every(picture, "text"):
        x, y = float(text.attrib["x"]), float(text.attrib["y"])
        for piece in found:
            if piece.holds((x, y - 1, x, y)):
                assert contrast(text.attrib["fill"], piece.fill) >= READABLE, text.text


def test_repeats_are_one(tmp_path: Path) -> None:
    found = pieces(drawn(tmp_path / "a.svg", "resnet1202"))
    assert len(found) < 60
    assert any(piece.trail == "size8 > basic ×199 > 3x3 conv, 64" for piece in found)


@pytest.mark.parametrize(
    "arguments",
    [("googlenet", "--chart", "bars"), SERIES, ("--zoo",)],
    ids=["one", "series", "zoo"],
)
def test_bars_are_as_long_as_their_numbers(arguments: tuple[str, ...], tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", *arguments)
    assert_texts_are_in_place(picture)
    scales: dict[str, list[float]] = {}
    for piece in (piece for piece in pieces(picture) if piece.width > 1):
        scales.setdefault(piece.what, []).append(piece.width / piece.number)
    assert len(scales) == 3
    for values in scales.values():
        assert max(values) == pytest.approx(min(values), rel=0.01)


@pytest.mark.parametrize("theme", PALETTES)
def test_every_family_that_counts_something_has_a_colour(theme: Theme) -> None:
    families = PALETTES[theme].families
    assert families.keys() == set(get_args(Family)) - {"input"}
    assert len({*families.values()}) == len(families)


@pytest.mark.parametrize("theme", PALETTES)
def test_the_paper_is_the_theme_s(theme: str, tmp_path: Path) -> None:
    paper = every(drawn(tmp_path / "a.svg", "alexnet", "--theme", theme), "rect")[0]
    assert paper.attrib["fill"] == {"light": "#ffffff", "dark": "#0f141b"}[theme]


@pytest.mark.parametrize("chart", ["treemap", "bars"])
@pytest.mark.parametrize("body", ["avgpool global", "conv 3x3, 4"])
def test_networks_of_little(body: str, chart: str, tmp_path: Path) -> None:
    source = tmp_path / "little.net"
    source.write_text(f"net {'a_name_without_an_end_' * 9}() {{\n  input 3x8x8\n  {body}\n}}\n")
    assert_texts_are_in_place(drawn(tmp_path / "a.svg", str(source), "--chart", chart))


def written(path: Path, body: str) -> str:
    path.write_text(f"net made_up() {{\n  {body}\n}}\n")
    return str(path)


def test_a_legend_of_many_sizes_stays_on_the_page(tmp_path: Path) -> None:
    convs = "\n".join(f"conv 3x3, {8 + n}, stride=2" for n in range(12))
    source = written(tmp_path / "a.net", f"input 3x4096x4096\n{convs}")
    picture = drawn(tmp_path / "a.svg", source)
    assert_texts_are_in_place(picture)
    squares = [polygon.attrib["points"] for polygon in every(picture, "polygon")]
    assert len(set(squares)) == 12
    assert {"pixels", "2048x2048", "1x1"} <= {text.text for text in every(picture, "text")}


def test_a_long_name_of_a_group_is_shortened(tmp_path: Path) -> None:
    name = "a_group_" * 12
    body = f"input 3x8x8\ngroup {name} {{ conv 3x3, 8; conv 3x3, 8 }}\nlinear 10"
    picture = drawn(tmp_path / "a.svg", written(tmp_path / "a.net", body))
    assert_texts_are_in_place(picture)
    texts = [text.text or "" for text in every(picture, "text")]
    assert any(text.startswith("a_group_") and "…" in text for text in texts)


def test_a_network_of_nothing_to_count_says_so(tmp_path: Path) -> None:
    picture = drawn(tmp_path / "a.svg", written(tmp_path / "a.net", "input 3x8x8\nidentity"))
    texts = [text.text for text in every(picture, "text")]
    assert texts.count("no layer has any") == 2
    assert float(picture.attrib["height"]) < 200


@pytest.mark.parametrize("name", MANUAL)
def test_the_pictures_of_the_manual_are_these(name: str, tmp_path: Path, golden: Golden) -> None:
    drawn(tmp_path / "a.svg", *MANUAL[name])
    golden(IMAGES / f"{name}.svg", (tmp_path / "a.svg").read_text(encoding="utf-8"))
