"""How few launches and bytes the published networks take: what one image in float16 costs."""

from __future__ import annotations

from typing import Any

import pytest

from netlang.device import Target
from netlang.kernels import BackToBack
from netlang.lower import load
from netlang.passes import optimize
from netlang.plan import Plan, plan
from tests.effort import calls


def planned(name: str, **settings: Any) -> Plan:
    """The plan of a network of the zoo on the usual target."""
    return plan(optimize(load(name, **settings)).graph)


# With a kernel for each operator and its epilogue: 58, 160, 76 and 15.
LAUNCHES = {"resnet50": 50, "resnet152": 152, "googlenet": 40, "alexnet": 11}


@pytest.mark.parametrize("name", LAUNCHES)
def test_launches(name: str) -> None:
    assert len(planned(name).calls) <= LAUNCHES[name]


@pytest.mark.parametrize("stride_in", ["1x1", "3x3"])
def test_resnet50_moves_40_megabytes_an_image(stride_in: str) -> None:
    # With a kernel for each operator and its epilogue: 46.1 and 55.6.
    assert planned("resnet50", stride_in=stride_in).activation_bytes <= 40e6


def test_float32_has_no_chains() -> None:
    # Triton multiplies float32 from registers, and those of 128 channels at a time do not fit.
    target = Target(precision="float32", batch=256)
    graph = optimize(load("resnet50"), target=target).graph
    kernels = [function.kernel for function in plan(graph, target).functions]
    assert not any(isinstance(kernel, BackToBack) for kernel in kernels)


def test_passes_are_near_linear() -> None:
    half, whole = load("resnet56"), load("resnet110")
    # By residual blocks; what does not grow with them leaves some room.
    assert calls(lambda: optimize(whole)) < 54 / 27 * calls(lambda: optimize(half))
