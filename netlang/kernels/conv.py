"""Convolution: an implicit GEMM on tensor cores, and a depthwise sum that needs none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from netlang.kernels.block import Block, Tile, ceil_div, elementwise_tile, power_of_two
from netlang.kernels.kernel import Packing, Pair
from netlang.kernels.layer import Layer
from netlang.kernels.product import multiply_add, product_tile
from netlang.kernels.text import add, along, indented, load, mul, named, quotient, split, unrolled
from netlang.kernels.window import Window


@dataclass(frozen=True, kw_only=True)
class Conv(Layer):
    """Convolution of `x` (C x H x W) to `y` (O x P x Q).

    Pairs are (vertical, horizontal). `pad` is (top, left) alone: the padding at the bottom and on
    the right is whatever the size of `y` implies. The weight is O x C/groups x R x S. `batch` is a
    hint for the choice of `tile`; the kernel is right for any batch.

    As a matrix product: M = batch·P·Q pixels, N = O channels, K = R·S·C/groups. Nothing is
    unfolded in memory; a step of K gathers its pixels from the image (Chetlur et al. 2014, cuDNN,
    section 3). Steps are a block of channels at one tap, or, where an image has only a few
    channels, a run of K across taps. Small groups are computed together, a few at a time, with
    zeros for the weights that would connect one group to another: tensor cores take nothing
    narrower than 16.
    """

    kernel: Pair
    stride: Pair = (1, 1)
    pad: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    batch: int = 1

    @property
    def title(self) -> str:
        r, s = self.kernel
        parts = [f"{'dwconv' if self.is_depthwise else 'conv'}{r}x{s}"]
        parts += [f"{self.x.channels}to{self.y.channels}"]
        if self.groups > 1 and not self.is_depthwise:
            parts += [f"g{self.groups}"]
        for letter, pair in (("s", self.stride), ("d", self.dilation)):
            if pair != (1, 1):
                parts += [letter + "x".join(map(str, dict.fromkeys(pair)))]
        return "_".join([*parts, f"{self.y.height}x{self.y.width}"])

    @property
    def about(self) -> str:
        r, s = self.kernel
        groups = f" in {self.groups} groups" if self.groups > 1 else ""
        return f"Conv {r}x{s}{groups}: {self.x} to {self.y}."

    @property
    def flops(self) -> int:
        return 2 * self.y.elements * self.window.taps * self.in_group

    @property
    def packing(self) -> tuple[Packing, ...]:
        """OIHW becomes [R, S, C/groups, O]."""
        return (Packing((self.y.channels, self.in_group, *self.kernel), (2, 3, 1, 0)),)

    @property
    def window(self) -> Window:
        """Where the taps are."""
        return Window(self.x, self.y, self.kernel, self.stride, self.pad, self.dilation)

    @property
    def in_group(self) -> int:
        """Input channels a group."""
        return self.x.channels // self.groups

    @property
    def out_group(self) -> int:
        """Output channels a group."""
        return self.y.channels // self.groups

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
    def is_flat(self) -> bool:
        """Whether a step of K runs across taps, because one tap has too few channels to fill it."""
        return self.merged == 1 and self.in_group < 16 and self.window.taps > 1

    @property
    def block(self) -> Block:
        if self.is_depthwise:
            return super().block
        return Block(
            self.y.pixels, self.y.channels // self.products, self.chosen, groups=self.products
        )

    def default_tile(self) -> Tile:
        if self.is_depthwise:
            return elementwise_tile(self.y.channels)
        taps, channels = self.window.taps, self.merged * self.in_group
        tile = product_tile(
            rows=self.batch * self.y.pixels,
            columns=self.y.channels // self.products,
            products=self.products,
            depth=channels * (taps if self.is_flat else 1),
            precision=self.precision,
            runs=1 if self.is_flat else taps,
        )
        if self.is_flat:
            # Every product has an address of its own: more of them than this do not fit registers.
            return replace(tile, k=min(tile.k, 32), warps=8)
        if self.merged == 1:
            return tile
        # A tile as wide as the merged groups: more would be zeros, less would load pixels twice.
        n = max(16, power_of_two(self.merged * self.out_group))
        return replace(tile, n=n, k=max(16, power_of_two(channels)))

    def body(self) -> Iterable[str]:
        yield from self.window.place()
        if self.is_depthwise:
            yield from self._depthwise()
        elif self.is_flat:
            yield from self._across_taps()
        else:
            yield from self._tap_by_tap()

    def _tap_by_tap(self) -> Iterator[str]:
        """Each step of K is a block of channels at one tap."""
        taps, k = self.window.taps, self.chosen.k
        channels = self.merged * self.in_group
        blocks = ceil_div(channels, k)
        tap, c = "tap" if taps > 1 else "0", "c" if blocks > 1 else "0"
        yield f"k = tl.arange(0, {k})"
        yield f"pixels = {self._corner(channels, 'k[None, :]')}"
        if self.merged == 1:
            yield f"filters = {add('w', mul('k[:, None]', self.y.channels), 'n')}"
        yield self.start()
        step = [*self._step(tap, c, f"{add(c, 'k')} < {channels}" if channels % k else "")]
        if taps > 1 and blocks > 1:
            yield f"for step in range({taps * blocks}):  # {taps} taps x {blocks} channel blocks"
            step.insert(0, f"tap, c = step // {blocks}, step % {blocks} * {k}")
        elif taps > 1:
            yield f"for tap in range({taps}):"
        elif blocks > 1:
            yield f"for c in range(0, {channels}, {k}):"
        yield from indented(step) if taps * blocks > 1 else step

    def _corner(self, channels: int, channel: str = "0") -> str:
        """Pointers to the windows' corners, at a channel of the tile's group."""
        first = mul("group", channels) if self.products > 1 else "0"
        return self.x_pointer(self.window.corner, add(first, channel))

    def _step(self, tap: str, c: str, tail: str) -> Iterator[str]:
        """Multiplies the channels from `c` at a tap; `tail` is the condition for `k`, if any."""
        window, r, s = self.window, "0", "0"
        if tap != "0":
            r, s = "r", "s"
            yield f"r, s = {', '.join(window.tap(tap))}"
        inside = self.block.rows_inside + window.inside(add("row", r), add("col", s))
        lines, inside = named("inside", inside)
        pixels = add("pixels", window.shift(r, s), c)
        yield from lines
        yield f"a = {load(pixels, *inside, *along(tail, '[None, :]'))}"
        if self.merged > 1:
            yield from self._diagonal(tap, c)
        else:
            filters = add("filters", mul(add(mul(tap, self.in_group), c), self.y.channels))
            yield f"b = {load(filters, *along(tail, '[:, None]'), *self.block.columns_inside)}"
        yield multiply_add(self.precision)

    def _diagonal(self, tap: str, c: str) -> Iterator[str]:
        """Loads weights of merged groups: zeros wherever input and output differ in group."""
        channel = "k[:, None]" if c == "0" else f"({add(c, 'k')})[:, None]"
        n = f"n % {self.merged * self.out_group}" if self.products > 1 else "n"
        row = add(mul(tap, self.in_group), f"{channel} % {self.in_group}")
        filters = add("w", mul(row, self.y.channels), "n")
        yield f"same_group = {channel} // {self.in_group} == {n} // {self.out_group}"
        yield f"b = {load(filters, 'same_group', *self.block.columns_inside)}"

    def _across_taps(self) -> Iterator[str]:
        """Each step of K is a run of the window, flattened as rows, columns, channels."""
        window, channels, k = self.window, self.in_group, self.chosen.k
        depth = window.taps * channels
        tap, c = split("k", window.taps, channels)
        tail = f"k < {depth}" if depth % k else ""
        # A window of one row (or column) has no index along it.
        h = "row + r[None, :]" if self.kernel[0] > 1 else "row"
        u = "col + s[None, :]" if self.kernel[1] > 1 else "col"
        edges = window.inside("h", "u")
        lines, inside = named("inside", self.block.rows_inside + edges + along(tail, "[None, :]"))
        offset = f"({add(window.shift('r', 's'), 'c')})[None, :]"
        filters = add("w", mul("k[:, None]", self.y.channels), "n")
        yield f"pixels = {self._corner(channels)}"
        yield self.start()
        yield f"for first in range(0, {depth}, {k}):"
        step = [
            f"k = first + tl.arange(0, {k})",
            f"r, s, c = {', '.join((*window.tap(tap), c))}",
            *[f"h, u = {h}, {u}"] * bool(edges),
            *lines,
            f"a = {load(add('pixels', offset), *inside)}",
            f"b = {load(filters, *along(tail, '[:, None]'), *self.block.columns_inside)}",
            multiply_add(self.precision),
        ]
        yield from indented(step)

    def _depthwise(self) -> Iterator[str]:
        """One input channel, every tap: nothing is shared, so nothing for tensor cores."""
        window, columns = self.window, self.block.columns_inside
        edges = window.inside("row + r", "col + s")
        lines, inside = named("inside", self.block.rows_inside + edges + columns)
        pixels = add("pixels", window.shift("r", "s"))
        filters = add("w", mul("tap", self.y.channels), "n")
        yield f"pixels = {self.x_pointer(window.corner, quotient('n', self.out_group))}"
        yield self.start()
        yield f"for tap in {unrolled(window.taps)}:"
        step = [
            f"r, s = {', '.join(window.tap('tap'))}",
            *lines,
            f"a = {load(pixels, *inside)}.to(tl.float32)",
            f"b = {load(filters, *columns)}.to(tl.float32)",
            "v += a * b",
        ]
        yield from indented(step)
