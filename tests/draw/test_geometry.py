"""Where things lie in the SVG: boxes apart, text within them, frames around what they hold."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import pytest

from netlang.backends.draw import View, laid_out, to_diff_dot, to_svg
from netlang.diagnostic import Source
from netlang.diff import compare
from netlang.ground.resources import zoo_networks
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.passes import optimize
from netlang.views.part import part

STEPS = 20
"""Into how many a curve is cut."""

SVG = "{http://www.w3.org/2000/svg}"

HEADS = """
net heads {
  input 3x32x32 -> conv 3x3, 16
  aux head1 { avgpool global -> linear 10 -> softmax }
  conv 3x3, 16
  aux head2 { conv 3x3, 8 -> avgpool global -> linear 10 -> softmax }
  avgpool global -> linear 10 -> softmax
}
"""

PICTURES = {
    "resnet34": (("resnet34",), View()),
    "resnet34 flat": (("resnet34",), View(flat=True)),
    "googlenet": (("googlenet",), View()),
    "googlenet dark, horizontal": (("googlenet",), View(theme="dark", horizontal=True)),
    "resnet152": (("resnet152",), View()),
    "resnet152 with numbers": (("resnet152",), View(shapes=True, params=True)),
    "resnet152 in blocks": (("resnet152",), View(depth=1, params=True)),
    "three": (("vgg19", "plain34", "resnet34"), View()),
    "alexnet": (("alexnet",), View(params=True)),
    "heads": (("heads",), View(params=True)),
    "heads, horizontal": (("heads",), View(horizontal=True)),
    "a projection": (("resnet50 bottleneck",), View(shapes=True, params=True)),
    "a block": (("googlenet inception",), View(title="Figure 2(b)")),
    "kernels": (("resnet50 -O", "googlenet -O", "alexnet -O"), View()),
    "kernels with numbers": (("googlenet -O",), View(shapes=True, params=True)),
    "kernels, horizontal": (("googlenet -O",), View(shapes=True, horizontal=True)),
}
"""Networks, as they are written, optimized or a block of each, and how they are drawn."""

PICTURES.update({name: ((name,), View()) for name in zoo_networks() if name not in PICTURES})

DIFFERENCES = {
    "shortcuts added": (("plain34", "resnet34"), View()),
    "blocks swapped": (("resnet34", "resnet50"), View()),
    "blocks swapped, dark, with numbers": (
        ("resnet34", "resnet50"),
        View(theme="dark", shapes=True, params=True),
    ),
    "layers changed": (("googlenet", "googlenet_torchvision"), View(shapes=True)),
    "more of a block": (("resnet50", "resnet101"), View(horizontal=True)),
    "groups gone": (("alexnet", "resnet152"), View()),
}
"""Networks, before and after, and how what changed is drawn."""

ALL = (*PICTURES, *DIFFERENCES)


Point = tuple[float, float]


@dataclass(frozen=True)
class Area:
    """A rectangle of the picture; y grows downwards."""

    name: str
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: "Area") -> bool:
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.top <= other.top
            and other.bottom <= self.bottom
        )

    def meets(self, other: "Area") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def has(self, point: Point) -> bool:
        return self.left < point[0] < self.right and self.top < point[1] < self.bottom


@dataclass(frozen=True)
class Picture:
    """The boxes, the frames, the texts of each, and the lines between the cells of boxes."""

    boxes: tuple[Area, ...]
    frames: tuple[Area, ...]
    texts: tuple[tuple[Area, Area], ...]
    borders: tuple[Area, ...]
    lines: tuple[tuple[Point, ...], ...]


def drawing(name: str) -> bytes:
    if name in DIFFERENCES:
        (before, after), view = DIFFERENCES[name]
        return laid_out(to_diff_dot(compare(network(before), network(after)), view))
    networks, view = PICTURES[name]
    return to_svg(*map(network, networks), view=view)


def network(words: str) -> Graph:
    match words.split():
        case ["heads"]:
            return load(Source("heads.net", HEADS))
        case [name, "-O"]:
            return optimize(load(name)).graph
        case [name, block]:
            return part(load(name), block)
        case _:
            return load(words)


@cache
def picture(name: str) -> Picture:
    root = ET.fromstring(drawing(name))
    found: dict[str, list[Area]] = {"node": [], "cluster": []}
    texts: list[tuple[Area, Area]] = []
    for group in root.iter(f"{SVG}g"):
        kind = group.get("class", "")
        area = outline(group) if kind in found else None
        if area:
            found[kind].append(area)
            texts += [(area, extent(text)) for text in group.findall(f"{SVG}text")]
    borders = tuple(bounds("", line.get("points", "")) for line in root.iter(f"{SVG}polyline"))
    curves = (g.find(f"{SVG}path") for g in root.iter(f"{SVG}g") if g.get("class") == "edge")
    lines = tuple(tuple(along(x.get("d", ""))) for x in curves if x is not None)
    return Picture(tuple(found["node"]), tuple(found["cluster"]), tuple(texts), borders, lines)


def along(curve: str) -> Iterator[Point]:
    """Points of a line that Graphviz drew: Bézier curves that begin where the last one ended."""
    points = points_of(curve)
    for start in range(0, len(points) - 1, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[start : start + 4]
        for step in range(STEPS + 1):
            t = step / STEPS
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3
            yield a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def outline(group: ET.Element) -> Area | None:
    name = group.findtext(f"{SVG}title") or ""
    ellipse = group.find(f"{SVG}ellipse")
    if ellipse is not None:
        x, y, rx, ry = (float(ellipse.get(k, 0)) for k in ("cx", "cy", "rx", "ry"))
        return Area(name, x - rx, y - ry, x + rx, y + ry)
    path = group.find(f"{SVG}path")
    if path is None or path.get("stroke") == "transparent":
        return None
    return bounds(name, path.get("d", ""))


def bounds(name: str, points: str) -> Area:
    xs, ys = zip(*points_of(points), strict=True)
    return Area(name, min(xs), min(ys), max(xs), max(ys))


def points_of(text: str) -> list[Point]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", text)]


def extent(text: ET.Element) -> Area:
    """Where a text is at most: as wide as in DejaVu Sans, the widest that viewers fall back to."""
    content, size = text.text or "", float(text.get("font-size", 0))
    x, y, width = float(text.get("x", 0)), float(text.get("y", 0)), 0.61 * size * len(content)
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor", "")]
    return Area(content, left, y - 0.75 * size, left + width, y + 0.22 * size)


@pytest.mark.parametrize("name", ALL)
def test_no_two_boxes_overlap(name: str) -> None:
    drawn = picture(name).boxes
    assert len(drawn) > 5
    assert [(a.name, b.name) for a, b in combinations(drawn, 2) if a.meets(b)] == []


@pytest.mark.parametrize("name", ALL)
def test_text_stays_inside(name: str) -> None:
    texts = picture(name).texts
    assert [(area.name, text.name) for area, text in texts if not area.holds(text)] == []


@pytest.mark.parametrize("name", ALL)
def test_no_line_runs_over_words(name: str) -> None:
    drawn = picture(name)
    words = [text for _, text in drawn.texts]
    crossed = {
        text.name for text in words if any(text.has(p) for line in drawn.lines for p in line)
    }
    assert crossed == set()


@pytest.mark.parametrize("name", ["kernels", "kernels with numbers", "kernels, horizontal"])
def test_text_stays_in_its_cell(name: str) -> None:
    drawn = picture(name)
    assert len(drawn.borders) >= 2 * 9  # two kernels of each inception module have cells
    crossed = [text.name for _, text in drawn.texts if any(map(text.meets, drawn.borders))]
    assert crossed == []


def test_lines_past_a_kernel_leave_it_in_line_with_the_others() -> None:
    kernels = [b for b in picture("kernels with numbers").boxes if not b.name.startswith("legend")]
    middles = [(box.left + box.right) / 2 for box in kernels]
    assert max(middles) - min(middles) < 0.1


@pytest.mark.parametrize("name", ALL)
def test_frames_hold_their_own_and_nothing_else(name: str) -> None:
    drawn = picture(name)
    for frame in drawn.frames:
        path = frame.name.removeprefix("cluster_")
        for box in drawn.boxes:
            own = box.name.startswith(f"{path}.")
            assert frame.holds(box) if own else not frame.meets(box), (frame.name, box.name)


@pytest.mark.parametrize("name", ["kernels", "three", "googlenet dark, horizontal"])
def test_the_words_of_a_legend_begin_below_one_another(name: str) -> None:
    root = ET.fromstring(drawing(name))
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "node"]
    words = [g for g in groups if (g.findtext(f"{SVG}title") or "").startswith("meaning of")]
    begins = {extent(text).left for g in words for text in g.findall(f"{SVG}text")}
    assert len(words) > 4
    assert len(begins) == 1
