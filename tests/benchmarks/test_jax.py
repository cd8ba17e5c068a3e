"""The graph of a network in JAX: every operator, against the network as written in float64."""

from pathlib import Path

import pytest

from benchmarks.gpu.case import Case
from netlang.ground.accuracy import relative_error
from netlang.ops import OPS
from tests.artifact import networks

pytest.importorskip("jax")

# Two dozen layers of float32, and of numbers of 11 bits, which are rounded after each.
TOLERANCE = {"float32": 2e-5, "float16": 1e-2}


POOLS = """
# windows that hang over the edge, beyond padding too
net pools {
  input 3x16x12
  maxpool 3x3, stride=2, ceil=on -> conv 1x1, 8
  avgpool 3x3, stride=2, ceil=on, pad=1 -> linear 4
}
"""

TEXTS = (POOLS, networks.ALEXNET, networks.GOOGLENET, networks.RESNET, networks.MOBILENET)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_network(text: str, dtype: str, tmp_path: Path) -> None:
    from benchmarks.gpu.with_jax import Jax

    file = tmp_path / "network.net"
    file.write_text(text)
    case = Case(str(file), 5, dtype)  # pyright: ignore[reportArgumentType]
    jax = Jax()
    assert jax.prepare(case) > 0
    assert relative_error(jax.output(), case.expected()) < TOLERANCE[dtype]
    assert len(jax.calls(2)) == 2


def test_every_operator_has_a_rule() -> None:
    from benchmarks.gpu.with_jax import RULES

    computed = (op for op in OPS.values() if op.family != "input")
    assert all(set(op.__mro__) & set(RULES) for op in computed)
