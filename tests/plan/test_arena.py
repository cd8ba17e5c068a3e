"""Arenas: whatever the buffers, those in use at one time never share a byte."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from netlang.plan.arena import ALIGNMENT, Lifetime, lower_bound, pack


@st.composite
def lifetimes(draw: st.DrawFn) -> list[Lifetime]:
    """Buffers of a random schedule, some of one byte and some of a few alignments."""
    sizes = st.integers(1, 20) | st.integers(1, 20).map(lambda n: n * ALIGNMENT)
    starts, lengths = st.integers(0, 30), st.integers(0, 12)
    return [
        Lifetime(size, first, first + length)
        for size, first, length in draw(st.lists(st.tuples(sizes, starts, lengths), max_size=40))
    ]


@given(lifetimes())
def test_buffers_in_use_at_one_time_do_not_overlap(lives: list[Lifetime]) -> None:
    arena = pack(lives)
    placed = list(zip(lives, arena.offsets, strict=True))
    for (a, at), (b, bt) in combinations(placed, 2):
        if a.first <= b.last and b.first <= a.last:
            assert at + a.size <= bt or bt + b.size <= at
    assert all(offset % ALIGNMENT == 0 for offset in arena.offsets)
    assert arena.size == max((offset + life.aligned for life, offset in placed), default=0)


@given(lifetimes())
def test_no_arena_is_smaller_than_the_bound(lives: list[Lifetime]) -> None:
    bound = max(
        (sum(a.size for a in lives if a.first <= t <= a.last) for t in range(50)), default=0
    )
    assert lower_bound(lives) == bound
    assert bound <= pack(lives).size <= sum(life.aligned for life in lives)


def test_a_chain_needs_two_buffers() -> None:
    chain = [Lifetime(10 * ALIGNMENT, i, i + 1) for i in range(1000)]
    assert pack(chain).size == 20 * ALIGNMENT


def test_where_one_order_fails_another_succeeds() -> None:
    # By size alone both large buffers, which never meet, go to 0, and the small ones dodge them.
    kb = 8 * ALIGNMENT
    lives = [
        Lifetime(size * kb, *use) for size, *use in ((4, 0, 1), (3, 1, 2), (4, 3, 4), (2, 2, 3))
    ]
    assert pack(lives).size == lower_bound(lives) == 7 * kb
