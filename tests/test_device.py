"""Which device a GPU is, and what names a target."""

from typing import Any

import pytest

from netlang.device import ARCHES, DEVICES, USUAL, Target, matching, nearest
from netlang.diagnostic import NetError


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", None),
        ("NVIDIA H200", "h200"),
        ("NVIDIA GH200 480GB", None),
        ("NVIDIA H100 PCIe", None),
        ("NVIDIA H100 NVL", None),
        ("NVIDIA A100-SXM4-80GB", "a100-80gb"),
        ("NVIDIA A100-SXM4-40GB", "a100-40gb"),
        ("NVIDIA A100-PCIE-40GB", None),
        ("NVIDIA L4", "l4"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA GeForce RTX 4090", "rtx4090"),
        ("NVIDIA GeForce RTX 4090 D", None),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None),
        ("NVIDIA B200", "b200"),
        ("Tesla V100-SXM2-16GB", None),
    ],
)
def test_names_of_drivers(name: str, device: str | None) -> None:
    assert matching(name) == device


KIB = 1024


@pytest.mark.parametrize(
    ("gpu", "capability", "shared", "sms", "device"),
    [
        ("H100 PCIe", 90, 228, 114, "h100"),
        ("B300", 103, 228, 148, "b200"),
        ("A100 PCIe", 80, 164, 108, "a100-40gb"),
        ("Orin", 87, 164, 16, "a100-40gb"),
        ("A10: Ampere with less shared memory", 86, 100, 72, "l4"),
        ("RTX 6000 Ada", 89, 100, 142, "l40s"),
        ("RTX 5090: newer, and has no more", 120, 100, 170, "l40s"),
        ("T4", 75, 64, 40, None),
        ("V100", 70, 96, 80, None),
    ],
)
def test_kernels_of_a_gpu_that_is_none_of_the_devices(
    gpu: str, capability: int, shared: int, sms: int, device: str | None
) -> None:
    assert nearest(capability, shared * KIB, sms) == device
    if device:
        assert DEVICES[device].multiprocessor.shared <= shared * KIB


def test_each_device_is_its_own_nearest() -> None:
    for name, device in DEVICES.items():
        near = nearest(device.capability, device.multiprocessor.shared, device.sms)
        assert DEVICES[near or ""].capability == device.capability, name


def test_the_usual_device_of_an_arch_is_of_it() -> None:
    for name, arch in ARCHES.items():
        assert name == f"sm_{arch.capability}"
        assert DEVICES[arch.usual].capability == arch.capability


def test_a_target_has_names() -> None:
    assert Target.of() == USUAL == Target()
    target = Target.of("a100-80gb", "tf32", 8)
    assert target == Target(DEVICES["a100-80gb"], "tf32", 8)
    assert target.but() == target
    assert target.but(batch=32) == Target.of("a100-80gb", "tf32", 32)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"device": "h1000"}, "there is no device 'h1000'(?s:.*)did you mean 'h100'"),
        ({"precision": "float6"}, "there is no precision 'float6'(?s:.*)did you mean"),
        ({"batch": 0}, "a batch of 0 images is none"),
        ({"batch": 2.5}, "a batch of 2.5 images is none"),
        ({"batch": True}, "a batch of True images is none"),
        ({"batch": "3"}, "a batch of '3' images is none"),
        ({"device": 90}, "there is no device '90'"),
        ({"batch": 2**31}, "a batch of 2,147,483,648 images is none"),
    ],
)
def test_a_target_that_is_none(words: dict[str, Any], message: str) -> None:
    with pytest.raises(NetError, match=message):
        Target.of(**words)
    if "device" not in words:
        with pytest.raises(NetError, match=message):
            Target(**words)


def test_a_device_is_no_text() -> None:
    with pytest.raises(TypeError, match=r"'h100' is no Device: Target\.of takes one by its name"):
        Target(device="h100")  # pyright: ignore[reportArgumentType]
