"""Draws the gallery: `python -m docs.gallery` writes docs/gallery.md and the documents' pictures.

Each picture is what the `netlang` command beside it makes. Two others show what was measured:
`python -m benchmarks.cpu` writes docs/img/cpu.svg, docs/training.md has the command of digits.svg.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from docs.browser import found, launched
from netlang.backends.draw import layout
from netlang.commands import main
from netlang.ground.resources import zoo_networks

DOCS = Path(__file__).parent

INTRODUCTION = """\
# Gallery

The zoo as netlang sees it; [Drawing](drawing.md) tells how. A box is a layer with what follows it,
a frame a group with the shape that it gives. A colour is a size of image, that of what a box or a
group gives; the legend says which. A block that repeats is drawn once, with its number. Solid red
lines are identity shortcuts, dotted ones change the shape. With `-O` a box is what one kernel
computes: one after the other line below line, together in cells. A dashed one has no kernel of its
own: the input, and a concatenation that is written in place.

`python -m docs.gallery` (or `make gallery`) draws all of it anew; with each picture stands the
command that draws it alone.
"""

PAGE = """\
## A page to explore

    netlang draw resnet152 -o resnet152.html

[One file](drawing.md#the-page), for any browser: groups and repeats open and close, a search finds
layers, and the keyboard walks along the lines.

![ResNet-152 in a browser, a repeat unfolded and one of its blocks selected](img/page.png)
"""

EVERY = """\
## Every network of the zoo

`netlang draw NAME` for each; a click shows it whole.
"""

ROW, HEIGHT = 4, 420
"""How many networks stand side by side on the page, and how high, in pixels."""


@dataclass(frozen=True)
class Picture:
    """A picture: what it shows, and the arguments of `netlang` that make it."""

    name: str
    arguments: str
    caption: str

    @property
    def path(self) -> Path:
        """The file, beside the page."""
        return DOCS / "img" / f"{self.name}.svg"

    @property
    def section(self) -> str:
        """Its place on the page."""
        return "\n".join(
            [
                f"## {self.caption}",
                "",
                f"    netlang {self.arguments}",
                "",
                f"![{self.caption}](img/{self.name}.svg)",
                "",
            ]
        )


PICTURES = (
    Picture(
        "figure3",
        "draw vgg19 plain34 resnet34",
        "VGG-19, plain-34 and ResNet-34: Figure 3 of He et al. 2015",
    ),
    Picture(
        "alexnet_volumes",
        "draw alexnet --style volumes",
        "AlexNet on two GPUs: Figure 2 of Krizhevsky et al. 2012",
    ),
    Picture("resnet152", "draw resnet152", "ResNet-152"),
    Picture(
        "resnet152_blocks",
        "draw resnet152 --depth 1 --params",
        "ResNet-152, a box a block: Table 1 of He et al. 2015",
    ),
    Picture(
        "inception",
        "draw googlenet --block inception",
        "An inception module: Figure 2(b) of Szegedy et al. 2014",
    ),
    Picture("googlenet_dark", "draw googlenet --theme dark --depth 0", "GoogLeNet, a box a module"),
    Picture(
        "resnet18_flat",
        "draw resnet18 --flat --theme dark",
        "ResNet-18, every layer",
    ),
    Picture(
        "vgg16_volumes",
        "draw vgg16 --style volumes --theme dark --params",
        "VGG-16 with its parameters",
    ),
    Picture(
        "shortcuts",
        "draw plain34 --diff resnet34",
        "What the paper added to its plain network: shortcuts",
    ),
    Picture("deeper", "draw resnet50 --diff resnet101", "From ResNet-50 to ResNet-101"),
    Picture(
        "resnet20_horizontal",
        "draw resnet20 --horizontal --depth 1 --shapes",
        "ResNet-20, from left to right",
    ),
    Picture("resnet50_optimized", "draw resnet50 -O", "ResNet-50 as it is compiled"),
    Picture("googlenet_optimized", "draw googlenet -O", "GoogLeNet as it is compiled"),
    Picture("cifar", "draw plain110 resnet110 resnet1202", "CIFAR-10: 110 layers, and 1202"),
)

OTHERS = (
    Picture(
        "roofline_resnet50",
        "profile resnet50 --set stride_in=3x3 --batch 256",
        "The roofline of ResNet-50 on an H100, and where its time goes",
    ),
    Picture(
        "summary_alexnet",
        "summary alexnet",
        "AlexNet: the parameters are in its linear layers, the MACs in its convs",
    ),
    Picture(
        "summary_resnets",
        "summary resnet18 resnet34 resnet50 resnet101 resnet152",
        "ResNets: parameters, MACs and activations, by families of operators",
    ),
)
"""What other pages show."""

ZOO = tuple(Picture(f"zoo/{name}", f"draw {name}", name) for name in zoo_networks())


def page() -> str:
    """The text of the page."""
    sections = (picture.section for picture in PICTURES)
    return "\n".join([INTRODUCTION, *sections, PAGE, EVERY, *_table(), ""])


def _table() -> Iterator[str]:
    """The zoo in rows: above each picture its name."""
    for start in range(0, len(ZOO), ROW):
        row = ZOO[start : start + ROW]
        yield _cells([picture.caption for picture in row])
        if not start:
            yield _cells([":-:"] * ROW)
        yield _cells([_thumbnail(picture) for picture in row])


def _cells(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _thumbnail(picture: Picture) -> str:
    place = f"img/{picture.name}.svg"
    image = f'<img src="{place}" alt="{picture.caption}" height="{HEIGHT}">'
    return f'<a href="{place}">{image}</a>'


def draw(picture: Picture, path: Path) -> None:
    """Writes a picture to a file."""
    # A `dot` program would be taken where there is one; the gallery should be the same everywhere.
    with patch.object(layout, "which", return_value=None):
        if main([*picture.arguments.split(), "-o", str(path)]):
            raise SystemExit(f"{picture.name} was not drawn")


def photograph(browser: str) -> None:
    """Writes the picture of the page, searched for a block."""
    with TemporaryDirectory() as folder, launched(browser) as chromium:
        path = Path(folder) / "resnet152.html"
        if main(["draw", "resnet152", "-o", str(path)]):
            raise SystemExit("the page was not drawn")
        page = chromium.new_page(viewport={"width": 1200, "height": 720}, reduced_motion="reduce")
        page.goto(path.as_uri())
        page.keyboard.press("/")
        page.keyboard.type("bottleneck_7")
        page.keyboard.press("Enter")
        page.screenshot(path=DOCS / "img" / "page.png")


if __name__ == "__main__":
    for picture in (*PICTURES, *OTHERS, *ZOO):
        picture.path.parent.mkdir(exist_ok=True)
        draw(picture, picture.path)
    program = found()
    if program:
        photograph(program)
    else:
        print("no browser: the picture of the page stays as it is")
    (DOCS / "gallery.md").write_text(page())
