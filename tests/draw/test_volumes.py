"""Feature maps as volumes: which there are, where they lie, and what is said of them."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from netlang.backends.draw import View
from netlang.backends.draw.volumes import to_svg
from netlang.backends.draw.volumes.beams import beams
from netlang.backends.draw.volumes.layout import Row, Scale, rows
from netlang.backends.draw.volumes.maps import Map, maps
from netlang.commands import main
from netlang.diagnostic import NetError, Source
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.pictures.svg import width_of
from netlang.views.part import part

SVG = "{http://www.w3.org/2000/svg}"

GROUPED = """
graph grouped {
  %input = input() shape=12x32x24 : 12x32x24
  %a = conv(%input) kernel=3x3, out=48, groups=12 : 48x32x24
  %b = conv(%a) kernel=3x3, out=96, groups=4 : 96x32x24
  %pool = maxpool(%b) kernel=2x2 : 96x16x12
  %c = conv(%pool) kernel=3x1, out=96, stride=2x1, groups=2 : 96x8x12
  %flat = flatten(%c) : 9216
  %fc = linear(%flat) out=10 : 10
  output %fc
}
"""

NETWORKS = (
    "alexnet",
    "alexnet_torchvision",
    "vgg16",
    "vgg19_bn",
    "plain34",
    "plain1202",
    "grouped",
)
VIEWS = {"": View(), "params": View(params=True, theme="dark"), "flat": View(flat=True)}
CASES = [
    (network, view)
    for network in NETWORKS
    for view in VIEWS
    if (network, view) != ("plain1202", "flat")
]


@dataclass(frozen=True)
class Area:
    """A rectangle of the picture; y grows downwards."""

    what: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Area") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def network(name: str) -> Graph:
    return parse_graph(GROUPED) if name == "grouped" else load(name)


@cache
def drawing(name: str, view: str) -> ET.Element:
    return ET.fromstring(to_svg(network(name), view=VIEWS[view]))


def points(element: ET.Element) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in element.get("points", "").split())
    return [(float(x), float(y)) for x, y in pairs]


def faces(root: ET.Element) -> list[tuple[str, list[tuple[float, float]]]]:
    """The faces of the boxes, with the title of the map that each is of."""
    polygons = ((p.findtext(f"{SVG}title"), points(p)) for p in root.iter(f"{SVG}polygon"))
    return [(title, corners) for title, corners in polygons if title]


def texts(root: ET.Element) -> list[Area]:
    return [extent(text) for text in root.iter(f"{SVG}text")]


def extent(text: ET.Element) -> Area:
    said, size = text.text or "", float(text.get("font-size", 0))
    x, y, width = float(text.get("x", 0)), float(text.get("y", 0)), width_of(said, size)
    left = x if text.get("text-anchor") == "start" else x - width / 2
    return Area(said, left, y - 0.75 * size, left + width, y + 0.2 * size)


def row(name: str) -> Row:
    found = maps(network(name))
    (only,) = rows(found, Scale.of(found), lambda each: each.words)
    return only


def maps_of(name: str) -> dict[str, Map]:
    return {each.nodes[0].name: each for each in maps(network(name))}


@pytest.mark.parametrize(("name", "view"), CASES)
def test_everything_is_on_the_page(name: str, view: str) -> None:
    root = drawing(name, view)
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    at = [(x, y) for t in texts(root) for x, y in ((t.left, t.top), (t.right, t.bottom))]
    for element in (*root.iter(f"{SVG}polygon"), *root.iter(f"{SVG}polyline")):
        at += points(element)
    for x, y in at:
        assert 0 <= x <= width
        assert 0 <= y <= height


@pytest.mark.parametrize(("name", "view"), CASES)
def test_words_stand_apart_from_each_other_and_from_boxes(name: str, view: str) -> None:
    root = drawing(name, view)
    said = texts(root)
    for one, other in combinations(said, 2):
        assert not one.meets(other), f"{one.what} lies on {other.what}"
    for title, corners in faces(root):
        for text in said:
            assert not any(_holds(corners, at) for at in _grid(text)), f"{text.what} on {title}"


def _grid(area: Area) -> list[tuple[float, float]]:
    steps = [step / 8 for step in range(9)]
    wide, tall = area.right - area.left, area.bottom - area.top
    return [(area.left + a * wide, area.top + b * tall) for a in steps for b in steps]


def _holds(corners: list[tuple[float, float]], at: tuple[float, float]) -> bool:
    """Whether a point lies within a convex polygon."""
    edges = zip(corners, corners[1:] + corners[:1], strict=True)
    sides = [(x2 - x1) * (at[1] - y1) - (y2 - y1) * (at[0] - x1) for (x1, y1), (x2, y2) in edges]
    return all(side > 0 for side in sides) or all(side < 0 for side in sides)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_map_is_a_box_a_part(name: str) -> None:
    found = maps(network(name))
    drawn = [title for title, _ in faces(drawing(name, ""))]
    assert len(drawn) == sum(3 * each.parts for each in found)
    assert len(set(drawn)) == len(found)
    # Every layer is in some map.
    assert sum(each.times * len(each.nodes) for each in found) == len(network(name))


def test_alexnet_is_as_in_the_paper() -> None:
    # Krizhevsky et al. 2012, Figure 2: halves of 48, 128, 192, 192, 128 maps; 55, 27, 13 pixels.
    found = maps(load("alexnet"))
    assert [each.words[0] for each in found if each.op.family == "conv"] == (
        ["48 + 48", "128 + 128", "192 + 192", "192 + 192", "128 + 128"]
    )
    assert [each.parts for each in found] == [1] + 8 * [2] + 3 * [1]
    assert found[0].words == ["3", "224x224"]
    assert found[1].words[1:] == ["55x55", "relu", "lrn"]
    assert found[1].making == ["11x11", "conv", "stride 4"]
    assert found[2].making == ["3x3", "max pool", "stride 2"]
    assert found[-1].words == ["1000", "softmax"]
    assert found[-1].making == ["dense"]


def test_conv3_alone_looks_at_both_halves() -> None:
    drawn = row("alexnet")
    joined = {
        after.map.nodes[0].name: [beam.crossed for beam in beams(before, after)]
        for before, after in pairwise(drawn)
    }
    assert joined.pop("conv3.conv_1") == [False, True, True, False]
    assert {name for name, crossed in joined.items() if any(crossed)} == set()
    assert joined["conv2.conv_1"] == joined["conv4.conv_1"] == joined["maxpool_1"] == [False] * 2
    assert joined["conv1.conv_1"] == joined["fc6.linear_1"] == [False] * 2


def test_groups_are_parts_up_to_four_and_numbers_beyond() -> None:
    found = maps_of("grouped")
    assert {name: each.parts for name, each in found.items()} == (
        {"input": 1, "a": 4, "b": 4, "pool": 4, "c": 2, "flat": 1, "fc": 1}
    )
    assert found["a"].making == ["3x3", "conv", "12 groups"]
    assert found["c"].making == ["3x1", "conv", "stride 2x1"]


def test_a_grouped_layer_s_lines_stay_within_its_groups() -> None:
    drawn = {volume.map.nodes[0].name: volume for volume in row("grouped")}
    ends = [
        (drawn["pool"].blocks.index(start), drawn["c"].blocks.index(end))
        for start in drawn["pool"].blocks
        for end in drawn["c"].blocks
        for beam in beams(drawn["pool"], drawn["c"])
        if beam.window == tuple(start.on_side((3 / 16) ** 0.5, (1 / 12) ** 0.5))
        and beam.lines[0][1] == end.port
    ]
    assert ends == [(0, 0), (1, 0), (2, 1), (3, 1)]


def test_equal_neighbours_are_one_in_a_long_network() -> None:
    # He et al. 2015, section 4.2: 6n + 2 layers, 2n convolutions a size of image and one before.
    folded = [each.times for each in maps(load("plain110"))]
    assert folded == [1, 37, 1, 35, 1, 35, 1, 1]
    assert {each.times for each in maps(load("plain110"), flat=True)} == {1}
    assert {each.times for each in maps(load("alexnet"))} == {1}
    counts = [text.what for text in texts(drawing("plain1202", "")) if text.what.startswith("×")]
    assert counts == ["×401", "×399", "×399"]


def test_parameters_are_the_graph_s() -> None:
    # Table 2 of Simonyan and Zisserman 2014: 144 million.
    said = [text.what for text in texts(drawing("vgg19_bn", "params"))]
    assert "vgg19_bn, 144M params" in said
    graph = network("alexnet")
    assert sum(each.parameters for each in maps(graph)) == sum(map(graph.parameters, graph))


def test_larger_maps_are_drawn_larger() -> None:
    drawn = [volume for volume in row("alexnet") if volume.map.parts == 2]
    for one, other in combinations(drawn, 2):
        first, second = one.blocks[0], other.blocks[0]
        assert (one.map.type.height > other.map.type.height) == (first.height > second.height)
        assert (one.map.type.channels > other.map.type.channels) == (first.width > second.width)


def test_a_title_stands_above_all() -> None:
    root = ET.fromstring(to_svg(load("vgg16"), view=View(title="Very deep")))
    first, *others = sorted(texts(root), key=lambda text: text.top)
    assert (first.what, first.top >= 0) == ("Very deep", True)
    assert all(first.bottom <= other.top for other in others)


def test_equal_networks_are_equal_bytes() -> None:
    assert to_svg(load("vgg19")) == to_svg(load("vgg19"))


def test_a_theme_changes_colours_alone() -> None:
    light, dark = (to_svg(load("alexnet"), view=View(theme=t)) for t in ("light", "dark"))
    colour = re.compile(rb'"#[0-9a-f]{6}"')
    assert light != dark
    assert colour.sub(b"", light) == colour.sub(b"", dark)


def test_a_part_of_several_inputs_is_refused() -> None:
    layers = "relu as a; tanh as b; group sum { from a, b -> add }"
    network = load(Source("n.net", f"net n {{ input 3x8x8; {layers} }}"))
    with pytest.raises(NetError, match="'input_2' does not read 'input_1' alone"):
        to_svg(part(network, "sum"))


@pytest.mark.parametrize(
    ("name", "branch", "place"),
    [("resnet34", "2 layers read 'maxpool_1'", "resnet34.net:9:3"), ("googlenet", "4 layers", "")],
)
def test_a_branch_is_refused(name: str, branch: str, place: str) -> None:
    with pytest.raises(NetError) as refused:
        to_svg(load(name))
    for said in (f"'{name}' is no sequence of layers: {branch}", place, "the style 'paper'"):
        assert said in str(refused.value)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "maps.svg"
    argv = ["draw", "alexnet", "vgg16", "--style", "volumes", "-o", str(target)]
    assert main(argv) == 0
    assert target.read_bytes() == to_svg(load("alexnet"), load("vgg16"))
    target.unlink()
    for option in (["--depth", "1"], ["--horizontal"], ["-O"], ["-o", str(tmp_path / "a.dot")]):
        assert main([*argv, *option]) == 1
        assert "'--style volumes' takes no" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
