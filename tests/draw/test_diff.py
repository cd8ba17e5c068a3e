"""The drawing of a difference: what is marked, how, and what is left quiet."""

import re

import pytest

from netlang.backends.draw import View, to_diff_dot
from netlang.backends.draw.union import Union, unite
from netlang.diff import compare
from netlang.lower import load
from tests.commands.test_draw import EDGE
from tests.conftest import Refusal


def united(before: str, after: str) -> Union:
    return unite(compare(load(before), load(after)))


def source(before: str, after: str, view: View | None = None) -> str:
    view = view or View()
    return to_diff_dot(compare(load(before), load(after), flat=view.flat), view)


def test_a_network_beside_itself_is_quiet() -> None:
    union = united("googlenet", "googlenet")
    assert {*union.marks.values(), *union.line_marks.values()} == {"same"}
    assert "legend" not in source("googlenet", "googlenet")


def test_shortcuts_are_added_and_the_way_past_them_stays_quiet() -> None:
    union = united("plain34", "resnet34")
    added = [name for name, mark in union.marks.items() if mark == "added"]
    assert len([name for name in added if "add_1" in name]) == 7
    assert len([name for name in added if "projection" in name]) == 3
    assert "removed" not in union.line_marks.values()


def test_back_is_the_mirror() -> None:
    there, back = united("plain34", "resnet34"), united("resnet34", "plain34")
    assert list(there.marks.values()).count("added") == list(back.marks.values()).count("removed")
    assert "added" not in {*back.marks.values(), *back.line_marks.values()}


def test_what_was_removed_is_dashed_and_has_a_sign() -> None:
    text = source("resnet34", "resnet50")
    boxes = re.findall(r'label="(−?\+?)[^"]*" color="(#\w+)"[^\]]*style="([\w,]+)"', text)
    assert {style for sign, _, style in boxes if sign == "−"} == {"rounded,filled,dashed"}
    assert {style for sign, _, style in boxes if sign == ""} == {"rounded,filled"}


def test_what_changed_says_what_it_was() -> None:
    assert '"± 11x11 conv, 96, /4\n→ 11x11 conv, 64, /4\n' in source(
        "alexnet", "alexnet_torchvision"
    )
    assert '"± 3x3 conv, 64\nrelu → bn, relu"' in source("vgg16", "vgg16_bn")
    assert "bias on → off" in source("googlenet", "googlenet_torchvision")
    assert 'label="± ×5 → ×22\\r"' in source("resnet50", "resnet101")
    assert 'label="resnet50 → resnet101"' in source("resnet50", "resnet101")


@pytest.mark.parametrize("view", [View(), View(flat=True), View(depth=0), View(depth=1)])
@pytest.mark.parametrize(
    ("before", "after"),
    [("resnet34", "resnet50"), ("alexnet", "resnet152"), ("googlenet", "googlenet_torchvision")],
)
def test_every_line_joins_two_boxes(before: str, after: str, view: View) -> None:
    union = unite(compare(load(before), load(after), flat=view.flat), view.depth)
    names = [box.name for box in union.boxes]
    assert len(names) == len(set(names))
    assert {end for ends in union.line_marks for end in ends} <= set(names)
    assert EDGE.findall(source(before, after, view))


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["resnet18", "vgg16", "--diff", "resnet34"], "compares two networks, and gets 3"),
        (["resnet18", "--diff", "resnet34", "-O"], "'--diff' takes no '-O'"),
        (["resnet18", "--set-a", "option=A"], "are for '--diff'"),
    ],
)
def test_what_cannot_be_drawn(argv: list[str], message: str, refused: Refusal) -> None:
    refused(["draw", *argv], message)


def test_an_arrow_between_sizes_says_that_they_changed() -> None:
    shown = source("alexnet", "alexnet_torchvision", View(shapes=True))
    assert "\n96x55x55 → 64x55x55" in shown
    assert not re.search("→ [^\n]* →", shown)


def test_projections_are_dotted_as_the_legend_says() -> None:
    shown = source("plain34", "resnet34")
    lines = re.findall(r'-> "?[\w.]*projection.* \[(.*)\]', shown)
    assert len(lines) == 3
    assert all("style=dotted" in line for line in lines)
    assert '"shortcut that changes the shape' in shown
    assert "shortcut that changes" not in source("vgg16", "vgg16_bn")


@pytest.mark.parametrize("depth", [None, 0, 1])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("vgg16", "googlenet"),
        ("googlenet", "vgg16"),
        ("resnet18", "vgg16"),
        ("alexnet", "googlenet"),
    ],
)
def test_no_line_joins_what_was_added_before_it_was_there(
    before: str, after: str, depth: int | None
) -> None:
    union = unite(compare(load(before), load(after)), depth)
    for ends, mark in union.line_marks.items():
        assert not {"added", "removed"} <= {mark, *(union.marks[end] for end in ends)}, ends
