"""Draws the gallery: `python -m docs.gallery` writes docs/gallery.md and its pictures.

Each picture is what `netlang draw` makes of the arguments beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from netlang.backends.draw import layout
from netlang.commands import main

DOCS = Path(__file__).parent

INTRODUCTION = """\
# Gallery

The zoo as `netlang draw` sees it. A box is a layer with what follows it, a frame a group with the
shape that it gives, a colour a size of image. A block that repeats is drawn once, with its number.
Solid red lines are identity shortcuts, dotted ones change the shape. With `-O` a box is a kernel:
what it computes one after the other stands line below line, what it computes together in cells.

`python -m docs.gallery` (or `make gallery`) draws all of it anew; under each title stands the
command that draws the one picture.
"""


@dataclass(frozen=True)
class Picture:
    """A picture: what it shows, and the arguments of `netlang draw` that make it."""

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
                f"    netlang draw {self.arguments}",
                "",
                f"![{self.caption}](img/{self.name}.svg)",
                "",
            ]
        )


PICTURES = (
    Picture(
        "figure3",
        "vgg19 plain34 resnet34",
        "VGG-19, plain-34 and ResNet-34: Figure 3 of He et al. 2015",
    ),
    Picture("resnet152", "resnet152", "ResNet-152"),
    Picture(
        "resnet152_blocks",
        "resnet152 --horizontal --depth 1 --params",
        "ResNet-152, a box a block: Table 1 of He et al. 2015",
    ),
    Picture("googlenet", "googlenet", "GoogLeNet with its auxiliary heads"),
    Picture("googlenet_dark", "googlenet --theme dark --depth 0", "GoogLeNet, a box a module"),
    Picture("alexnet", "alexnet --params", "AlexNet"),
    Picture("vgg16", "vgg16 --shapes", "VGG-16"),
    Picture("resnet18_flat", "resnet18 --flat --horizontal --theme dark", "ResNet-18, every layer"),
    Picture("resnet50_optimized", "resnet50 -O", "ResNet-50 as it is compiled: a box a kernel"),
    Picture("googlenet_optimized", "googlenet -O", "GoogLeNet as it is compiled"),
    Picture("cifar", "plain110 resnet110 resnet1202", "CIFAR-10: 110 layers, and 1202"),
)


def page() -> str:
    """The text of the page."""
    return "\n".join([INTRODUCTION, *(picture.section for picture in PICTURES)])


def draw(picture: Picture) -> None:
    """Writes a picture's file."""
    # A `dot` program would be taken where there is one; the gallery should be the same everywhere.
    with patch.object(layout, "which", return_value=None):
        if main(["draw", *picture.arguments.split(), "-o", str(picture.path)]):
            raise SystemExit(f"{picture.name} was not drawn")


if __name__ == "__main__":
    for picture in PICTURES:
        draw(picture)
    (DOCS / "gallery.md").write_text(page())
