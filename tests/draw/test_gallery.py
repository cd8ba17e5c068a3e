"""The gallery is what its script makes: the page, and a picture for each of its commands."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from docs.gallery import DOCS, OTHERS, PICTURES, ZOO, Picture, draw, page
from netlang.backends.draw import to_dot
from netlang.lower import load

SVG = "{http://www.w3.org/2000/svg}"
ALL = (*PICTURES, *OTHERS, *ZOO)
MEASURED = {"digits", "cpu"}
UNFOLDED = [p for p in ZOO if p.caption in ("vgg16", "googlenet", "alexnet")]


def test_the_page_is_up_to_date() -> None:
    assert (DOCS / "gallery.md").read_text() == page(), "run `python -m docs.gallery`"


@pytest.mark.parametrize("picture", OTHERS, ids=lambda picture: picture.name)
def test_the_page_that_shows_a_picture_has_its_command(picture: Picture) -> None:
    pages = [path.read_text() for path in DOCS.glob("*.md")]
    (page,) = [page for page in pages if f"![{picture.caption}](img/{picture.name}.svg)" in page]
    assert f"    netlang {picture.arguments} -o " in page


def test_each_picture_is_there_and_none_besides() -> None:
    there = {path.relative_to(DOCS / "img") for path in (DOCS / "img").rglob("*.svg")}
    names = {str(path.with_suffix("")) for path in there}
    assert {picture.name for picture in ALL} == names - MEASURED


@pytest.mark.parametrize("picture", ALL, ids=lambda picture: picture.name)
def test_a_picture_is_what_its_command_draws(picture: Picture, tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    draw(picture, path)
    assert path.read_bytes() == picture.path.read_bytes(), "run `python -m docs.gallery`"


def test_the_pictures_are_light_enough_for_a_checkout() -> None:
    assert sum(picture.path.stat().st_size for picture in ALL) < 3_000_000


@pytest.mark.parametrize("picture", UNFOLDED, ids=lambda picture: picture.name)
def test_a_picture_has_the_network_s_layers(picture: Picture) -> None:
    network = picture.caption
    groups = [g for g in ET.parse(picture.path).iter(f"{SVG}g") if g.get("class") == "node"]
    drawn = [group.findtext(f"{SVG}title") for group in groups]
    assert len(drawn) == to_dot(load(network)).count("[label=")
    layers = {name for name in drawn if name and " " not in name}  # the legend's have blanks
    assert layers <= {node.name for node in load(network)}
