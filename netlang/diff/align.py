"""Which parts of one sequence are which of another.

Parts that are equal at both ends are paired at once. Between them a global alignment pairs parts in
their order so that the sum of their likeness is greatest (Needleman and Wunsch 1970). Its table is
filled in a band about the diagonal, so that the work grows with the length alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from netlang.ir.attributes import attributes
from netlang.ir.op import Op
from netlang.views.parts import Part

Pair = tuple[Part | None, Part | None]

BAND = 200
"""How many places a part may be off the diagonal."""

ENOUGH = 2 / 3
"""How much of two blocks must be alike where neither name nor definition says that they are one."""


def align(a: Sequence[Part], b: Sequence[Part]) -> list[Pair]:
    """All parts in their order, each with its partner or with None.

    What has no partner between two pairs is first all of `a`, then all of `b`. Aligning `b` with
    `a` pairs the same parts.
    """
    first = _equal_ahead(a, b)
    last = _equal_ahead(a[first:][::-1], b[first:][::-1])
    x, y = a[first : len(a) - last], b[first : len(b) - last]
    table = _table(x, y)
    starts = zip(a[:first], b[:first], strict=True)
    ends = zip(a[len(a) - last :], b[len(b) - last :], strict=True)
    return [*starts, *_in_order(_walk(x, y, table)), *ends]


def _equal_ahead(a: Sequence[Part], b: Sequence[Part]) -> int:
    pairs = enumerate(zip(a, b, strict=False))
    unequal = (i for i, (x, y) in pairs if (x.block, x.form) != (y.block, y.form))
    return next(unequal, min(len(a), len(b)))


Table = dict[tuple[int, int], float]
"""The likeness that can still be reached from a place of each sequence on."""


def _table(a: Sequence[Part], b: Sequence[Part]) -> Table:
    best: Table = {}
    for i in reversed(range(len(a))):
        middle = i * len(b) // len(a)
        for j in reversed(range(max(0, middle - BAND), min(len(b), middle + BAND))):
            skipped = max(best.get((i + 1, j), 0.0), best.get((i, j + 1), 0.0))
            best[i, j] = max(skipped, _paired(a[i], b[j], best.get((i + 1, j + 1), 0.0)))
    return best


def _paired(a: Part, b: Part, ahead: float) -> float:
    likeness = like(a, b)
    return likeness + ahead if likeness else 0.0


def _walk(a: Sequence[Part], b: Sequence[Part], best: Table) -> Iterator[Pair]:
    i = j = 0
    while i < len(a) and j < len(b):
        here, x, y = best.get((i, j), 0.0), a[i], b[j]
        if here and here == _paired(x, y, best.get((i + 1, j + 1), 0.0)):
            yield x, y
            i, j = i + 1, j + 1
            continue
        skips = here == best.get((i + 1, j), 0.0), here == best.get((i, j + 1), 0.0)
        # Where both are as good, the way back must take the same turn.
        turn = (len(a) - i, x.path, str(x.node)) >= (len(b) - j, y.path, str(y.node))
        if skips[0] and (turn or not skips[1]):
            yield x, None
            i += 1
        else:
            yield None, y
            j += 1
    yield from ((part, None) for part in a[i:])
    yield from ((None, part) for part in b[j:])


def _in_order(pairs: Iterable[Pair]) -> Iterator[Pair]:
    added: list[Pair] = []
    for pair in pairs:
        if pair[0] is None:
            added.append(pair)
            continue
        if pair[1] is not None:
            yield from added
            added = []
        yield pair
    yield from added


# --------------------------------------------------------------------------- likeness


def like(a: Part, b: Part) -> float:
    """How much speaks for two parts being one, a layer with weights for most; 0: they cannot be.

    Layers have one operator. Blocks and groups have one name or definition, or enough in common.
    """
    named = 0.1 * (a.name == b.name)
    if a.node and b.node:
        weight = 4 if a.node.op.is_product else 1
        sized = 0.1 * (a.node.type == b.node.type)
        alike = _alike(a.node.op, b.node.op)
        return weight * alike + named + sized if alike else 0.0
    if a.node or b.node:
        return 0.0
    shared = 2 * (a.bag & b.bag).total() / (a.bag.total() + b.bag.total())
    related = a.name == b.name or a.block == b.block != ""
    # A group that holds one block is not that block.
    akin = bool(a.block) == bool(b.block) and shared >= ENOUGH
    return 2 + 4 * shared + 2 * related + named if related or akin else 0.0


def _alike(a: Op, b: Op) -> float:
    """How alike two operators are: 0.3 to 1 by the attributes that they share; 0 across kinds."""
    if type(a) is not type(b):
        return 0.0
    names = [each.name for each in attributes(type(a))]
    same = sum(getattr(a, name) == getattr(b, name) for name in names)
    return 0.3 + 0.7 * (same / len(names) if names else a == b)
