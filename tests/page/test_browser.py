"""The page in a browser: what opens, closes, is found, lit and said, and where things lie."""

import json
from typing import Any

import pytest

from netlang.backends.draw import View
from netlang.diagnostic import Source
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize
from netlang.pictures.palette import PALETTES, Theme, mixed
from tests.contrast import READABLE, contrast
from tests.page.conftest import Opener

BRANCHY = """
graph branchy {
  %x = input() shape=8x8x8 : 8x8x8
  %a.one = conv(%x) kernel=3x3, out=8 : 8x8x8
  %a.two = conv(%a.one) kernel=3x3, out=8 : 8x8x8
  %b.three = conv(%a.one) kernel=1x1, out=8 : 8x8x8
  %b.four = add(%b.three, %a.two) : 8x8x8
  %five = add(%a.two, %x) : 8x8x8
  %six = concat(%five, %b.four, %b.three) : 24x8x8
  %seven = conv(%a.one) kernel=1x1, out=8 : 8x8x8
  %eight = conv(%six) kernel=1x1, out=8 : 8x8x8
  %nine = conv(%eight) kernel=1x1, out=8 : 8x8x8
  %ten = concat(%eight, %nine, %x, %six) : 48x8x8
  output %ten
}
"""

# Boxes of one frame that meet, and words that leave their box by more than a pixel.
FAULTS = """() => {
  const own = (item, selector) => [...item.children].filter(child => child.matches(selector));
  const faults = [];
  const frames = [...document.querySelectorAll(".network > g, .item.open")];
  for (const frame of frames) {
    const inner = own(frame, ".item");
    const areas = inner.map(item => own(item, ".outline")[0].getBoundingClientRect());
    for (let i = 0; i < areas.length; i++) for (let j = i + 1; j < areas.length; j++) {
      const [a, b] = [areas[i], areas[j]];
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        faults.push(`${inner[i].dataset.path} meets ${inner[j].dataset.path}`);
    }
    const edge = frame.matches(".item") && own(frame, ".outline")[0].getBoundingClientRect();
    inner.forEach((item, i) => {
      const a = areas[i];
      if (edge && !(edge.left < a.left && a.right < edge.right && edge.top < a.top && a.bottom < edge.bottom))
        faults.push(`${item.dataset.path} leaves its frame`);
    });
  }
  for (const item of document.querySelectorAll(".item")) {
    const box = own(item, "rect.outline").at(-1)?.getBBox();
    for (const text of own(item, "text")) {
      const t = text.getBBox();
      if (box && (t.x < box.x || t.x + t.width > box.x + box.width || t.y + t.height > box.y + box.height + 1))
        faults.push(`'${text.textContent}' leaves ${item.dataset.path}`);
    }
  }
  return faults;
}"""


# Of each text of the drawing its ink, how opaque it is, and what it stands on.
INKS = """() => {
  const colour = (element, name) => getComputedStyle(element)[name];
  const found = new Map();
  for (const text of document.querySelectorAll("#canvas text")) {
    const around = text.closest(".badge, .item");
    const isBeside = text.matches(".beside");
    const under = isBeside ? around.parentElement.closest(".item") : around;
    const paper = under?.querySelector(":scope > .outline, :scope > rect") ?? null;
    const ink = [
      colour(text, "fill"), colour(text, "fillOpacity"),
      paper ? colour(paper, "fill") : colour(document.body, "backgroundColor"),
    ];
    found.set(ink.join(" "), [...ink, text.textContent]);
  }
  return [...found.values()];
}"""


def network(words: str) -> Graph:
    name, *optimized = words.split()
    graph = parse_graph(BRANCHY) if name == "branchy" else load(name)
    return optimize(graph).graph if optimized else graph


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def item(path: str, kind: str = "") -> str:
    return f'.item[data-path="{path}"]' + (f'[data-kind="{kind}"]' if kind else "")


def click(page: Any, selector: str) -> None:
    """A click that does not ask whether the place is on the screen."""
    page.locator(selector).first.dispatch_event("click")


def is_open(page: Any, path: str, kind: str = "scope") -> bool:
    return page.locator(item(path, kind)).get_attribute("aria-expanded") == "true"


@pytest.mark.parametrize(
    "words",
    ["resnet34", "googlenet", "resnet152", "alexnet", "resnet50 -O", "googlenet -O", "branchy"],
)
@pytest.mark.parametrize("horizontal", [False, True])
def test_boxes_are_apart_and_hold_their_words(
    open_page: Opener, words: str, horizontal: bool
) -> None:
    page = open_page(network(words), view=View(horizontal=horizontal, params=True))
    assert page.evaluate(FAULTS) == []
    click(page, "[data-do=open-all]")
    assert page.evaluate(FAULTS) == []
    click(page, "[data-do=close-all]")
    assert page.evaluate(FAULTS) == []


@pytest.mark.parametrize("name", ["resnet152", "resnet1202"])
def test_all_of_a_deep_network_opens(open_page: Opener, name: str) -> None:
    graph = load(name)
    page, boxes = open_page(graph), ".item[data-kind=box]"
    convolutions = sum(node.op.name == "conv" for node in graph)
    assert page.locator(boxes).count() < convolutions
    click(page, "[data-do=open-all]")
    assert page.locator(boxes).count() >= convolutions


def test_groups_open_and_close(open_page: Opener) -> None:
    page = open_page(load("resnet34"), view=View(depth=0))
    assert not is_open(page, "conv4_x")
    assert page.locator(item("conv4_x.basic_1")).count() == 0
    page.locator(item("conv4_x")).dispatch_event("dblclick")
    assert is_open(page, "conv4_x")
    assert not page.locator(item("conv4_x.basic_1", "box")).count()
    click(page, f"{item('conv4_x')} > .chevron")
    assert not is_open(page, "conv4_x")


def test_a_repeat_unfolds_into_its_blocks(open_page: Opener) -> None:
    page = open_page(load("resnet152"))
    repeat = item("conv4_x.bottleneck_2", "repeat")
    assert page.locator(f"{repeat} .badge").text_content().endswith("×35")
    assert page.locator(f"{repeat} .item[data-kind=box]").count() == 4
    click(page, f"{repeat} > .badge")
    assert page.locator(f"{repeat} > .item[data-kind=scope].closed").count() == 35
    click(page, f"{item('conv4_x.bottleneck_7', 'scope')} > .chevron")
    assert page.locator(item("conv4_x.bottleneck_7.conv_2", "box")).count() == 1
    click(page, f"{repeat} > .badge")
    assert page.locator(f"{repeat} .item[data-kind=box]").count() == 4


def test_search_opens_what_hides_a_hit(open_page: Opener) -> None:
    page = open_page(load("resnet152"), view=View(depth=0))
    press(page, "/")
    page.keyboard.type("conv4_x.bottleneck_7.conv_2")
    assert page.locator("#hits").text_content() == "1"
    press(page, "Enter")
    assert page.locator("#hits").text_content() == "1 of 1"
    found = page.locator(item("conv4_x.bottleneck_7.conv_2"))
    assert "selected" in found.get_attribute("class")


@pytest.mark.parametrize("size", [(1200, 900), (400, 800), (720, 500)])
def test_what_is_found_stands_in_the_middle_of_what_the_panel_leaves(
    open_page: Opener, size: tuple[int, int]
) -> None:
    page = open_page(load("resnet152"))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.locator("#search").fill("conv4_x.bottleneck_7.conv_2")
    press(page, "Enter")
    found, panel, canvas = (
        page.locator(selector).bounding_box()
        for selector in (item("conv4_x.bottleneck_7.conv_2"), "#panel", "#canvas")
    )
    below = size[0] <= 700
    right = canvas["width"] if below else panel["x"]
    bottom = panel["y"] if below else canvas["y"] + canvas["height"]
    assert found["x"] + found["width"] / 2 == pytest.approx(right / 2, abs=20)
    assert found["y"] + found["height"] / 2 == pytest.approx((canvas["y"] + bottom) / 2, abs=20)
    assert found["x"] + found["width"] < right
    assert found["y"] + found["height"] < bottom


BRANCHES = "".join(f"| conv 3x3, {number}\n" for number in range(1, 31))
WIDE = f"net wide {{ input 3x8x8\n branches {{\n{BRANCHES}}} }}"


def within(page: Any, selector: str) -> list[bool]:
    """Whether each lies on the canvas as a whole."""
    canvas = page.locator("#canvas").bounding_box()
    return [
        canvas["x"] <= box["x"]
        and canvas["y"] <= box["y"]
        and box["x"] + box["width"] <= canvas["x"] + canvas["width"]
        and box["y"] + box["height"] <= canvas["y"] + canvas["height"]
        for box in (each.bounding_box() for each in page.locator(selector).all())
    ]


@pytest.mark.parametrize("horizontal", [False, True])
def test_a_wide_network_begins_with_its_input_and_fits_as_a_whole(
    open_page: Opener, horizontal: bool
) -> None:
    view = View(horizontal=horizontal, title="Many branches")
    page = open_page(load(Source("wide.net", WIDE)), view=view)
    assert within(page, item("input")) == [True]
    # On its side the network begins in the middle of a height that its name stands above.
    assert horizontal or within(page, "#canvas .title, #canvas .heading") == [True, True]
    assert not all(within(page, ".item[data-kind=box]"))
    click(page, "[data-do=fit]")
    assert all(within(page, ".item[data-kind=box]"))


def test_a_title_stands_above_it_all(open_page: Opener) -> None:
    view = View(title="Two <networks>, side by side")
    page = open_page(load("plain34"), load("resnet34"), view=view)
    title = page.locator("#canvas .title")
    assert title.text_content() == view.title
    box = title.bounding_box()
    headings = [each.bounding_box() for each in page.locator("#canvas .heading").all()]
    assert len(headings) == 2
    assert all(box["y"] + box["height"] <= each["y"] for each in headings)
    assert within(page, "#canvas .title") == [True]
    assert open_page(load("plain34")).locator("#canvas .title").count() == 0


def test_what_is_drawn_once_is_one_hit(open_page: Opener) -> None:
    page = open_page(load("resnet152"))
    page.locator("#search").fill("projection.conv 1x1")
    assert page.locator("#hits").text_content() == "4"
    page.locator("#search").fill("add_1 relu")
    assert page.locator("#hits").text_content() == "8"


def lit(page: Any, name: str) -> set[str]:
    return {x.get_attribute("data-path") for x in page.locator(f".item.{name}").all()}


def test_a_selected_box_shows_what_it_reads_and_what_reads_it(open_page: Opener) -> None:
    page = open_page(load("resnet34"))
    click(page, item("conv2_x.basic_1.add_1"))
    assert lit(page, "read") == {"conv2_x.basic_1.conv_2", "maxpool_1"}
    given = {f"conv3_x.basic_1.{name}" for name in ("conv_1", "projection.conv")}
    assert lit(page, "given") == given
    click(page, f"{item('conv3_x')} > .chevron")
    click(page, item("conv2_x.basic_1.add_1"))
    assert lit(page, "given") == {"conv3_x"}
    assert page.locator(".line.lit").count() > 4
    press(page, "Escape")
    assert page.locator(".line.lit, .selected, .read, .given").count() == 0


def test_the_panel_has_the_facts(open_page: Opener) -> None:
    page = open_page(load("resnet34"))
    click(page, item("conv3_x.basic_1.conv_1"))
    text = page.locator("#panel").inner_text()
    facts = (
        "3x3 conv, 128, /2, bn, relu; 64x56x56; 128x28x28; 73,984; 57,802,752; 67x67;"
        "blocks/residual.net:6; conv 3x3, width, stride=stride; resnet34.net:12"
    )
    assert [fact for fact in facts.split(";") if fact.strip() not in text] == []


def test_the_keyboard_walks_along_the_lines(open_page: Opener) -> None:
    page = open_page(load("googlenet"), view=View(depth=1))
    seen: list[str] = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Tab"):
        press(page, key)
        seen.append(page.locator(".item.selected").get_attribute("data-path"))
    assert seen == ["input", "conv_1", "maxpool_1", "conv_1", "maxpool_1"]
    click(page, item("inception_3a.conv_2"))
    press(page, "ArrowRight")
    assert page.locator(".item.selected").get_attribute("data-path") == "inception_3a.conv_4"
    press(page, "o")
    assert page.locator(".item.selected").get_attribute("data-path") == "inception_3a"
    press(page, "Enter")
    assert not is_open(page, "inception_3a")
    press(page, "?")
    assert page.locator("#help").is_visible()


def test_zoom_by_keys_and_wheel_at_the_pointer(open_page: Opener) -> None:
    page = open_page(load("alexnet"))
    box = page.locator(item("input"))
    press(page, "0")
    before = box.bounding_box()
    press(page, "+")
    assert box.bounding_box()["width"] > before["width"]
    press(page, "0")
    assert box.bounding_box() == before
    x, y = before["x"] + 20, before["y"] + 10
    page.mouse.move(x, y)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(100)
    after = box.bounding_box()
    scale = after["width"] / before["width"]
    assert scale > 1.2
    assert abs(after["x"] + 20 * scale - x) < 2
    page.mouse.down()
    page.mouse.move(x + 50, y + 30, steps=4)
    page.mouse.up()
    assert abs(box.bounding_box()["x"] - after["x"] - 50) < 6


def test_the_theme_begins_as_asked_and_changes(open_page: Opener) -> None:
    page = open_page(load("alexnet"), view=View(theme="dark"))
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(15, 20, 27)"
    click(page, "[data-do=theme]")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"


def as_hex(colour: str) -> str:
    """`rgb(15, 20, 27)` as `#0f141b`."""
    return "#" + bytes(map(int, colour[4:-1].split(","))).hex()


@pytest.mark.parametrize("theme", PALETTES)
def test_every_text_is_read_on_what_it_stands_on(open_page: Opener, theme: Theme) -> None:
    page = open_page(load("googlenet"), load("resnet34"), view=View(theme=theme, params=True))
    for fill, opacity, paper, text in page.evaluate(INKS):
        ink = mixed(as_hex(fill), as_hex(paper), 1 - float(opacity))
        assert contrast(ink, as_hex(paper)) >= READABLE, text


def test_the_legend_has_every_colour(open_page: Opener) -> None:
    page = open_page(load("resnet34"))
    shown = page.locator("#legend .entry").all_text_contents()
    assert shown[:6] == ["112x112", "56x56", "28x28", "14x14", "7x7", "1x1"]
    used = page.evaluate(
        "[...document.querySelectorAll('.item')].map(x => x.className.baseVal.match(/stage\\S+/)[0])"
    )
    told = page.evaluate(
        "[...document.querySelectorAll('.swatch')].map(x => x.className.match(/stage\\S+/)[0])"
    )
    assert set(used) <= set(told)


def test_the_view_is_what_is_shown_first(open_page: Opener) -> None:
    flat = open_page(load("resnet34"), view=View(flat=True, shapes=True))
    assert flat.locator(".item[data-kind=box]").count() == 56
    assert "→ 64x56x56" in flat.locator(item("conv2_x.basic_3.conv_1")).text_content()
    part = open_page(load("resnet34"), view=View(expand=("conv4_x",)))
    assert part.locator(item("conv4_x.basic_6.conv_1")).count() == 1
    assert part.locator(item("conv2_x.basic_2")).count() == 0


def test_networks_stand_side_by_side(open_page: Opener) -> None:
    page = open_page(load("plain34"), load("resnet34"))
    first, second = (page.locator(".network").nth(i).bounding_box() for i in range(2))
    assert first["x"] + first["width"] < second["x"]


def test_shortcuts_run_on_one_side_of_a_straight_spine(open_page: Opener) -> None:
    page = open_page(load("resnet50"))
    boxes = page.evaluate(
        """() => JSON.stringify([...document.querySelectorAll(".item[data-kind=box]")].map(item => {
          const { left, right } = item.querySelector(".outline").getBoundingClientRect();
          return [item.dataset.path, (left + right) / 2];
        }))"""
    )
    middles = dict(json.loads(boxes))
    spine = {round(x) for path, x in middles.items() if "projection" not in path}
    aside = {round(x) for path, x in middles.items() if "projection" in path}
    assert len(spine) == 1
    assert min(aside) > max(spine)
