"""What was measured on a GPU: for each kernel the tiles that were the fastest of those timed.

A file of it is JSON with one kernel per line, in order of their names:

    "conv3x3_64to64_56x56_relu, float16, batch 256, 1f3c…": {"microseconds": 97.1, "tiles": [{…}]}

A kernel is known by its signature: what it computes, not where its numbers lie, at a batch rounded
up to a power of two. So what was measured of a convolution holds for one that writes its result
into a concatenation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast

from netlang.kernels import BackToBack, Conv, Kernel, Layer, Linear, Tile, View
from netlang.kernels.block import power_of_two
from netlang.tune.parts import layers_of, with_tiles

FORMAT, VERSION = "netlang tuning", 1


@dataclass(frozen=True)
class Maker:
    """What a measurement depends on besides the kernel: another GPU or compiler, another result.

    `device` and `capability` are those of `netlang.device.Device`; `triton` is the version of
    Triton, `kernels` a digest of what writes the kernels' text.
    """

    device: str
    capability: int
    triton: str
    kernels: str


@dataclass(frozen=True)
class Timing:
    """The fastest tiles of a kernel, one per part, and how long a launch took with them."""

    microseconds: float
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, eq=False)
class Tuning:
    """Timings by signature; and by signature, why tiles, as they are written, do not run."""

    maker: Maker
    timings: Mapping[str, Timing]
    refusals: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])

    def applied(self, kernel: Kernel) -> Kernel | None:
        """A kernel with the tiles that were measured; none where it was not."""
        timing = self.timings.get(signature(kernel)) if self.timings else None
        return with_tiles(kernel, timing.tiles) if timing else None

    def of(self, kernels: Iterable[Kernel]) -> Tuning:
        """The timings of some kernels alone."""
        signatures = {signature(kernel) for kernel in kernels}
        timings = {k: v for k, v in self.timings.items() if k in signatures}
        return replace(self, timings=timings, refusals={})

    def merged(self, newer: Tuning) -> Tuning:
        """The tuning with what another of the same maker has, which replaces what is older."""
        refusals = {
            key: {**self.refusals.get(key, {}), **newer.refusals.get(key, {})}
            for key in (*self.refusals, *newer.refusals)
        }
        return replace(self, timings={**self.timings, **newer.timings}, refusals=refusals)

    def text(self) -> str:
        """The text of its file; `parse` reads it."""
        head = {"format": FORMAT, "version": VERSION, **asdict(self.maker)}
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        lines.append(_section("timings", {k: asdict(timing) for k, timing in self.timings.items()}))
        if self.refusals:
            lines.append(_section("refusals", self.refusals))
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @staticmethod
    def parse(text: str) -> Tuning:
        """The tuning in a file's text; ValueError says what is wrong with it."""
        try:
            file = json.loads(text)
            if file["format"] != FORMAT:
                raise ValueError("it is another kind of file")
            if file["version"] != VERSION:
                raise ValueError(f"it is of version {file['version']}, and this is {VERSION}")
            maker = Maker(**{field.name: file[field.name] for field in fields(Maker)})
            timings = {key: _timing(entry) for key, entry in file["timings"].items()}
            refusals = {
                key: {tiles: str(why) for tiles, why in each.items()}
                for key, each in file.get("refusals", {}).items()
            }
        except (LookupError, TypeError, AttributeError, json.JSONDecodeError):
            raise ValueError("it is not whole") from None
        return Tuning(maker, timings, refusals)


def _section(name: str, entries: Mapping[str, Any]) -> str:
    """A part of the file, with an entry a line."""
    each = (
        f"    {json.dumps(key)}: {json.dumps(entry, allow_nan=False)}"
        for key, entry in sorted(entries.items())
    )
    return f'  "{name}": {{\n' + ",\n".join(each) + "\n  }"


def _timing(entry: Mapping[str, Any]) -> Timing:
    tiles = tuple(Tile(**tile) for tile in entry["tiles"])
    for tile in tiles:
        *sizes, split, tma = (getattr(tile, field.name) for field in fields(Tile))
        whole = all(type(n) is int and n > 0 for n in (*sizes, split)) and type(tma) is bool
        if not whole or any(n != power_of_two(n) for n in (tile.m, tile.n, tile.k, tile.warps)):
            raise ValueError(f"{tile} is no tile")
    return Timing(float(entry["microseconds"]), tiles)


@lru_cache(maxsize=4096)
def signature(kernel: Kernel) -> str:
    """What a kernel is known by, whatever its tiles."""
    text = json.dumps(_described(kernel))
    layer = layers_of(kernel)[0]
    digest = sha256(text.encode()).hexdigest()[:12]
    return f"{kernel.name}, {layer.precision}, batch {power_of_two(_batch(layer))}, {digest}"


def _batch(layer: Layer) -> int:
    match layer:
        case BackToBack():
            return layer.first.batch
        case Conv() | Linear():
            return layer.batch
        case _:
            return 1


def _described(value: Any) -> Any:
    """What a kernel computes, as plain values."""
    if isinstance(value, View):
        return "planes" if value.plane else "pixels"
    if is_dataclass(value):
        names = [f.name for f in fields(value) if f.name not in ("tile", "label", "into")]
        described = {name: _described(getattr(value, name)) for name in names}
        if "batch" in described:
            described["batch"] = power_of_two(described["batch"])
        return [type(value).__name__, described]
    if isinstance(value, tuple):
        return [_described(part) for part in cast("tuple[Any, ...]", value)]
    return value
