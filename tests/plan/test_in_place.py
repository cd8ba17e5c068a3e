"""Which results may be written over what they read: every doubt by itself."""

import pytest

from netlang.kernels import FeatureMap, Layer, Pointwise, View, dense
from netlang.plan import Call, Memory
from netlang.plan.arena import Lifetime
from netlang.plan.in_place import merged, owners


def pointwise(x: FeatureMap) -> Layer:
    """A kernel that reads and writes the same elements."""
    return Pointwise(x=x, y=x, precision="float16")


WHOLE, SLICE = pointwise(dense(8, 4, 4)), pointwise(FeatureMap(8, 4, 4, View(16)))
CALLS = [Call("a", "a", (Memory("input"), Memory("a"))), Call("b", "b", (Memory("a"), Memory("b")))]
INPUT, A, B = Lifetime(256, 0, 0), Lifetime(256, 0, 1), Lifetime(256, 1, 2)

DOUBTS: dict[str, tuple[Layer, Lifetime, Lifetime]] = {
    "it is read again": (WHOLE, Lifetime(256, 0, 2), B),
    "somebody has written to the result before": (WHOLE, A, Lifetime(256, 0, 2)),
    "the sizes differ": (WHOLE, A, Lifetime(512, 1, 2)),
    "both are slices": (SLICE, A, B),
}


def owner(kernel: Layer, a: Lifetime, b: Lifetime) -> dict[str, str]:
    """Who owns the memory of each buffer where the second launch's kernel is that."""
    return owners(CALLS, {"a": WHOLE, "b": kernel}, {"input": INPUT, "a": a, "b": b})


def test_a_chain_is_one_piece_of_memory() -> None:
    chain = owner(WHOLE, A, B)
    assert chain == {"input": "input", "a": "input", "b": "input"}
    assert merged({"input": INPUT, "a": A, "b": B}, chain) == {"input": Lifetime(256, 0, 2)}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_a_doubt(doubt: str) -> None:
    assert owner(*DOUBTS[doubt])["b"] == "b"
