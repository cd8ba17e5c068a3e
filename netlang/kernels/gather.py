"""Convolution as a matrix product whose one factor is gathered from an image, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlang.kernels.block import Block, ceil_div
from netlang.kernels.kernel import Packing, Precision
from netlang.kernels.layer import address
from netlang.kernels.pool import EMPTY
from netlang.kernels.product import multiply_add
from netlang.kernels.text import add, along, indented, load, mul, named, quotient, split, unrolled
from netlang.kernels.window import Pair, Pooling, Window


@dataclass(frozen=True)
class Gather:
    """A convolution over windows: M = batch·P·Q pixels, N = O channels, K = R·S·C/groups.

    Nothing is unfolded in memory; a step of K gathers its pixels from the image (Chetlur et al.
    2014, cuDNN, section 3). Steps are a block of channels at one tap, or, where an image has only
    a few channels, a run of K across taps. Small groups are computed together, a few at a time,
    with zeros for the weights that would connect one group to another: tensor cores take nothing
    narrower than 16.

    With a `x_pool`, a max pool ahead of a 1x1 convolution, `window` is the pool's: a step takes the
    maximum over the window in place of a tap.
    """

    window: Window
    groups: int = 1
    x_pool: Pooling | None = None

    @property
    def title(self) -> str:
        """What it is, as a part of a kernel's name."""
        window = self.window
        r, s = self.kernel
        parts = [self.x_pool.title] if self.x_pool else []
        parts += [f"{'dwconv' if self.is_depthwise else 'conv'}{r}x{s}"]
        parts += [f"{window.x.channels}to{window.y.channels}"]
        if self.groups > 1 and not self.is_depthwise:
            parts += [f"g{self.groups}"]
        for letter, pair in (("s", window.stride), ("d", window.dilation)):
            if pair != (1, 1) and not self.x_pool:
                parts += [letter + "x".join(map(str, dict.fromkeys(pair)))]
        return "_".join(parts)

    @property
    def about(self) -> str:
        """What it is, in words."""
        r, s = self.kernel
        first = f"{self.x_pool.about}, then " if self.x_pool else ""
        return f"{first}conv {r}x{s}" + (f" in {self.groups} groups" if self.groups > 1 else "")

    @property
    def packing(self) -> Packing:
        """OIHW becomes [R, S, C/groups, O], or [C, R, S, O] where neighbours are side by side."""
        shape = (self.window.y.channels, self.in_group, *self.kernel)
        return Packing(shape, (1, 2, 3, 0) if self.window.x.view.plane else (2, 3, 1, 0))

    @property
    def depth(self) -> int:
        """Products that are summed for one element: K."""
        return self.taps * self.in_group

    @property
    def kernel(self) -> Pair:
        """Rows and columns of the weight."""
        return (1, 1) if self.x_pool else self.window.kernel

    @property
    def taps(self) -> int:
        """Elements of a window that have weights of their own."""
        return self.kernel[0] * self.kernel[1]

    @property
    def in_group(self) -> int:
        """Input channels a group."""
        return self.window.x.channels // self.groups

    @property
    def out_group(self) -> int:
        """Output channels a group."""
        return self.window.y.channels // self.groups

    @property
    def is_depthwise(self) -> bool:
        """Whether each output channel sees a single input channel."""
        return self.in_group == 1 and self.groups > 1

    @property
    def merged(self) -> int:
        """Groups computed together, as one product with a block-diagonal weight."""
        most = max(1, 32 // max(self.in_group, self.out_group))
        return max(n for n in range(1, most + 1) if self.groups % n == 0)

    @property
    def products(self) -> int:
        """Independent matrix products: the groups, less those that are computed together."""
        return self.groups // self.merged

    @property
    def channels(self) -> int:
        """Input channels of one product."""
        return self.merged * self.in_group

    @property
    def is_flat(self) -> bool:
        """Whether a step of K runs across taps, because one tap has too few channels to fill it."""
        return self.merged == 1 and self.in_group < 16 and self.taps > 1


@dataclass(frozen=True)
class Steps:
    """The text that adds a convolution to `v`; `rows` are the conditions for a pixel to matter."""

    gather: Gather
    block: Block
    precision: Precision
    rows: tuple[str, ...]

    def pointers(self) -> Iterator[str]:
        """Defines pointers to the windows' corners and, where one start serves, to the weight."""
        gather = self.gather
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
        if taps > 1 and blocks > 1:
            yield f"for step in range({taps * blocks}):  # {taps} taps x {blocks} channel blocks"
            step.insert(0, f"tap, c = step // {blocks}, step % {blocks} * {k}")
        elif taps > 1:
            yield f"for tap in range({taps}):"
        elif blocks > 1:
            yield f"for c in {self._blocks(channels)}:"
        yield from indented(step) if taps * blocks > 1 else step

    def _blocks(self, channels: int) -> str:
        """The range of a loop over blocks of channels."""
        tile = self.block.tile
        if not self.gather.x_pool:
            return f"range(0, {channels}, {tile.k})"
        # Launched together with others it would have as many stages as they, each of whole windows.
        return f"tl.range(0, {channels}, {tile.k}, num_stages={tile.stages})"

    def _step(self, tap: str, c: str, tail: str) -> Iterator[str]:
        """Multiplies the channels from `c` at a tap; `tail` is the condition for `k`, if any."""
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
        yield "    a = tl.maximum(a, tapped).to(x.dtype.element_ty)"
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
        filters = add("w", mul("k[:, None]", self._outputs), "n")
        yield f"for first in range(0, {depth}, {k}):"
        step = [
            f"k = first + tl.arange(0, {k})",
            f"r, s, c = {', '.join((*window.tap(tap), c))}",
            *[f"h, u = {h}, {u}"] * bool(edges),
            *lines,
            f"a = {load(add('pixels', offset), *inside)}{rounded}",
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
