"""The text of a convolution's main loop: pixels and weights, step by step, into the accumulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlang.ground.integers import ceil_div
from netlang.kernels.block import Block
from netlang.kernels.gather import Gather
from netlang.kernels.layer import address
from netlang.kernels.pool import EMPTY
from netlang.kernels.precision import Precision
from netlang.kernels.product import multiply_add, to_tf32
from netlang.kernels.text import (
    add,
    along,
    indented,
    load,
    mul,
    named,
    quotient,
    split,
    unrolled,
)
from netlang.kernels.tma import Boxes


@dataclass(frozen=True)
class Steps:
    """The text that adds a convolution to `v`.

    `rows` are the conditions for a pixel to matter. Where there are `boxes` the factors are loaded
    through descriptors, and every condition is theirs. `column` is the program's first channel.
    """

    gather: Gather
    block: Block
    precision: Precision
    rows: tuple[str, ...]
    column: str
    boxes: Boxes | None = None

    def pointers(self) -> Iterator[str]:
        """Defines pointers to the windows' corners and, where one start serves, to the weight."""
        gather = self.gather
        if self.boxes:
            yield from self.boxes.corner()
            return
        yield from gather.window.corners()
        if gather.is_depthwise:
            yield f"pixels = {self._corner(quotient('n', gather.out_group))}"
        elif gather.is_flat:
            yield f"pixels = {self._corner(self._group)}"
        else:
            yield f"k = tl.arange(0, {self.block.tile.k})"
            yield f"pixels = {self._corner(add(self._group, 'k[None, :]'))}"
            if gather.merged == 1:
                yield f"filters = {add('w', mul('k[:, None]', self._outputs), 'n')}"

    def loop(self) -> Iterator[str]:
        """Adds all steps to `v`."""
        if self.gather.is_depthwise:
            return self._depthwise()
        return self._across_taps() if self.gather.is_flat else self._tap_by_tap()

    @property
    def _outputs(self) -> int:
        """Elements from one row of the weight to the next."""
        return self.gather.window.y.channels

    @property
    def _group(self) -> str:
        """The first channel of the tile's group."""
        return mul("group", self.gather.channels) if self.gather.products > 1 else "0"

    def _corner(self, channel: str) -> str:
        """Pointers to the windows' corners, at a channel."""
        window = self.gather.window
        return address("x", window.corner, window.x.view, channel)

    def _tap_by_tap(self) -> Iterator[str]:
        """Each step of K is a block of channels at one tap."""
        taps, k, channels = self.gather.taps, self.block.tile.k, self.gather.channels
        blocks = ceil_div(channels, k)
        tap, c = "tap" if taps > 1 else "0", "c" if blocks > 1 else "0"
        step = [*self._step(tap, c, f"{add(c, 'k')} < {channels}" if channels % k else "")]
        if self.block.tile.split > 1:
            yield from self._share(taps, blocks, step)
            return
        if self.boxes and self.boxes.skips:
            yield from self.boxes.touched(blocks)
        elif taps > 1 and blocks > 1:
            yield f"for step in range({taps * blocks}):  # {taps} taps x {blocks} channel blocks"
            yield f"    tap, c = step // {blocks}, step % {blocks} * {k}"
        elif taps > 1:
            yield f"for tap in range({taps}):"
        elif blocks > 1:
            yield f"for c in {self._blocks(channels)}:"
        yield from indented(step) if taps * blocks > 1 else step

    def _share(self, taps: int, blocks: int, step: list[str]) -> Iterator[str]:
        """A part of the steps, as many as every other part has."""
        tile = self.block.tile
        steps = taps * blocks // tile.split
        assert steps * tile.split == taps * blocks
        number = add(mul("part", steps), "i" if steps > 1 else "0")
        if taps > 1 and blocks > 1:
            where = f"tap, c = step // {blocks}, step % {blocks} * {tile.k}"
            step = [f"step = {number}", where, *step]
        elif taps > 1:
            step = [f"tap = {number}", *step]
        else:
            step = [f"c = {mul(number, tile.k)}", *step]
        if steps > 1:
            yield f"for i in range({steps}):  # of {taps} taps x {blocks} channel blocks"
        yield from indented(step) if steps > 1 else step

    def _blocks(self, channels: int) -> str:
        """The range of a loop over blocks of channels."""
        tile = self.block.tile
        if not self.gather.x_pool:
            return f"range(0, {channels}, {tile.k})"
        # Launched together with others it would have as many stages as they, each of whole windows.
        return f"tl.range(0, {channels}, {tile.k}, num_stages={tile.stages})"

    def _step(self, tap: str, c: str, tail: str) -> Iterator[str]:
        """Multiplies the channels from `c` at a tap; `tail` is the condition for `k`, if any."""
        if self.boxes:
            yield from self.boxes.load(tap, add(self._group, c), c, self.column)
        else:
            yield from self._maximum(c, tail) if self.gather.x_pool else self._pixels(tap, c, tail)
            yield from self._filters(tap, c, tail)
        yield multiply_add(self.precision)

    def _pixels(self, tap: str, c: str, tail: str) -> Iterator[str]:
        """Loads the channels from `c` at a tap."""
        window, r, s = self.gather.window, "0", "0"
        if tap != "0":
            r, s = "r", "s"
            yield f"r, s = {', '.join(window.tap(tap))}"
        lines, inside = named("inside", self.rows + window.inside(add("row", r), add("col", s)))
        pixels = add("pixels", window.shift(r, s), c)
        yield from lines
        yield f"a = {load(pixels, *inside, *along(tail, '[None, :]'))}"

    def _maximum(self, c: str, tail: str) -> Iterator[str]:
        """Loads the maximum over the window of the channels from `c`."""
        window, empty, tile = self.gather.window, EMPTY["max"], self.block.tile
        present = along(tail, "[None, :]")
        edges = window.inside("row + r", "col + s")
        lines, inside = named("inside", self.rows + edges + present)
        pixels = add("pixels", window.shift("r", "s"), c)
        yield f"a = tl.full(({tile.m}, {tile.k}), {empty}, x.dtype.element_ty)"
        yield f"for tap in {unrolled(window.taps)}:"
        yield f"    r, s = {', '.join(window.tap('tap'))}"
        yield from indented(lines)
        yield f"    tapped = {load(pixels, *inside, other=empty)}"
        # Triton takes the maximum of bfloat16 in float32.
        yield "    a = maximum(a, tapped).to(x.dtype.element_ty)"
        if present:
            # Channels that are not there must not make infinity times zero.
            yield f"a = tl.where({present[0]}, a, 0.0)"

    def _filters(self, tap: str, c: str, tail: str) -> Iterator[str]:
        """Loads the weight's rows for the channels from `c` at a tap."""
        if self.gather.merged > 1:
            yield from self._diagonal(tap, c)
        else:
            row = add(mul(tap, self.gather.in_group), c)
            filters = add("filters", mul(row, self._outputs))
            yield f"b = {load(filters, *along(tail, '[:, None]'), *self.block.columns_inside)}"

    def _diagonal(self, tap: str, c: str) -> Iterator[str]:
        """Loads weights of merged groups: zeros wherever input and output differ in group."""
        gather = self.gather
        channel = "k[:, None]" if c == "0" else f"({add(c, 'k')})[:, None]"
        n = f"n % {gather.merged * gather.out_group}" if gather.products > 1 else "n"
        row = add(mul(tap, gather.in_group), f"{channel} % {gather.in_group}")
        filters = add("w", mul(row, self._outputs), "n")
        yield f"same_group = {channel} // {gather.in_group} == {n} // {gather.out_group}"
        yield f"b = {load(filters, 'same_group', *self.block.columns_inside)}"

    def _across_taps(self) -> Iterator[str]:
        """Each step of K is a run of the window, flattened as the weight is packed."""
        window, depth, k = self.gather.window, self.gather.depth, self.block.tile.k
        plane = window.x.view.plane
        if plane:
            c, tap = split("k", self.gather.in_group, window.taps)
        else:
            tap, c = split("k", window.taps, self.gather.in_group)
        tail = f"k < {depth}" if depth % k else ""
        # A window of one row (or column) has no index along it.
        h = "row + r[None, :]" if window.kernel[0] > 1 else "row"
        u = "col + s[None, :]" if window.kernel[1] > 1 else "col"
        edges = window.inside("h", "u")
        lines, inside = named("inside", self.rows + edges + along(tail, "[None, :]"))
        offset = f"({add(window.shift('r', 's'), mul('c', plane or 1))})[None, :]"
        # What the caller gives is rounded as it is read.
        rounded = ".to(w.dtype.element_ty)" if plane else ""
        to_tensor_cores = to_tf32("a") if plane and self.precision == "tf32" else ()
        filters = add("w", mul("k[:, None]", self._outputs), "n")
        yield f"for first in range(0, {depth}, {k}):"
        step = [
            f"k = first + tl.arange(0, {k})",
            f"r, s, c = {', '.join((*window.tap(tap), c))}",
            *[f"h, u = {h}, {u}"] * bool(edges),
            *lines,
            f"a = {load(add('pixels', offset), *inside)}{rounded}",
            *to_tensor_cores,
            f"b = {load(filters, *along(tail, '[:, None]'), *self.block.columns_inside)}",
            multiply_add(self.precision),
        ]
        yield from indented(step)

    def _depthwise(self) -> Iterator[str]:
        """One input channel, every tap: nothing is shared, so nothing for tensor cores."""
        window, columns = self.gather.window, self.block.columns_inside
        edges = window.inside("row + r", "col + s")
        lines, inside = named("inside", self.rows + edges + columns)
        pixels = add("pixels", window.shift("r", "s"))
        filters = add("w", mul("tap", self._outputs), "n")
        yield f"for tap in {unrolled(window.taps)}:"
        step = [
            f"r, s = {', '.join(window.tap('tap'))}",
            *lines,
            f"a = {load(pixels, *inside)}.to(tl.float32)",
            f"b = {load(filters, *columns)}.to(tl.float32)",
            "v += a * b",
        ]
        yield from indented(step)
