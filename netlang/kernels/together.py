"""Together: layers that do not wait for each other, in one launch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from netlang.kernels.kernel import Grid, Kernel, Packing, Parameter, Tiles
from netlang.kernels.layer import NUMBERS, Layer
from netlang.kernels.letters import lettered
from netlang.kernels.text import add, call, function, indented, mul


@dataclass(frozen=True)
class Together(Kernel):
    """Two or more layers in one launch: the programs of the first, then those of the next.

    None may read what another writes. A layer that alone would leave multiprocessors idle shares
    them with the others, and one launch is paid for (GoogLeNet's 3x3 and 5x5 of one module).
    Parameters are those of the first part, then those of the next, each with its part's letter.
    """

    parts: tuple[Layer, ...]

    @property
    def name(self) -> str:
        first, *others = self.parts
        return "_and_".join([first.name, *(part.name.split("_")[0] for part in others)])

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(p for letter, part in lettered(self.parts) for p in _renamed(part, letter))

    @property
    def grid(self) -> Grid:
        return tuple(tiles for part in self.parts for tiles in part.grid)

    @property
    def warps(self) -> int:
        return max(part.warps for part in self.parts)

    @property
    def stages(self) -> int:
        return max(part.stages for part in self.parts)

    @property
    def packing(self) -> tuple[Packing, ...]:
        return tuple(packing for part in self.parts for packing in part.packing)

    @property
    def bytes_read(self) -> int:
        return sum(part.bytes_read for part in self.parts)

    @property
    def bytes_written(self) -> int:
        return sum(part.bytes_written for part in self.parts)

    @property
    def in_place(self) -> Mapping[str, tuple[str, ...]]:
        return {
            f"{output}_{letter}": tuple(f"{name}_{letter}" for name in names)
            for letter, part in lettered(self.parts)
            for output, names in part.in_place.items()
        }

    def source(self, name: str) -> str:
        entry = function(name, [*(p.name for p in self.parameters), *NUMBERS], self._entry(name))
        parts = (part.part(f"{name}_{letter}") for letter, part in lettered(self.parts))
        return "\n\n".join([entry, *parts])

    def _entry(self, name: str) -> Iterator[str]:
        yield '"""Layers that do not wait for each other, one\'s programs after another\'s.'
        yield ""
        yield from (f"{letter}: {part.about}" for letter, part in lettered(self.parts))
        yield '"""'
        yield "tile = tl.program_id(0)"
        *others, (last, _) = lettered(self.parts)
        firsts = ["0", *(f"end_{letter}" for letter, _ in others)]
        for first, (letter, part) in zip(firsts, others, strict=False):
            yield f"end_{letter} = {add(first, _programs(*part.grid))}"
        branch = "if"
        for first, (letter, part) in zip(firsts, lettered(self.parts), strict=True):
            yield "else:" if letter == last else f"{branch} tile < end_{letter}:"
            pointers = (p.name for p in _renamed(part, letter))
            number = "tile" if first == "0" else f"tile - {first}"
            yield from indented(call(f"{name}_{letter}", [*pointers, "batch", "DEPENDENT", number]))
            branch = "elif"


def _renamed(part: Layer, letter: str) -> Iterator[Parameter]:
    """The parameters of a part as the whole has them."""
    return (replace(p, name=f"{p.name}_{letter}") for p in part.parameters)


def _programs(tiles: Tiles) -> str:
    """How many programs that is, as text."""
    pixels = mul("batch", tiles.per_image)
    return mul(pixels if tiles.tile == 1 else f"tl.cdiv({pixels}, {tiles.tile})", tiles.times)
