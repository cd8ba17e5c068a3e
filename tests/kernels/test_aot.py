"""Kernels of real networks, assembled for three generations of GPU on a machine that has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from netlang.backends.triton.aot import Compiled, CompileError, Request, compile_kernels
from netlang.device import MULTIPROCESSORS
from netlang.kernels import (
    LRN,
    AdaptivePool,
    BackToBack,
    Conv,
    Copy,
    Epilogue,
    FeatureMap,
    FromNCHW,
    GlobalPool,
    Kernel,
    Linear,
    LocalResponse,
    Operand,
    Pointwise,
    Pool,
    Pooling,
    Sampled,
    Softmax,
    Term,
    Tile,
    Together,
    ToNCHW,
    Upsample,
    View,
    dense,
    planes,
)
from netlang.ops.pointwise import ReLU
from tests.kernels.launch import HEADER

SPILLED = 0 if version("triton").startswith("3.7.") else 8
"""Bytes a thread: Triton 3.6 and 3.8 leave a register or two of single kernels that fill them all."""

BIAS_RELU = Epilogue(("v + c0", "maximum(v, 0.0)"), vectors=1)


def conv(channels: int, out: int, size: int, kernel: int, stride: int = 1, **fields: Any) -> Conv:
    pad = kernel // 2
    after = (size + 2 * pad - kernel) // stride + 1
    fields = {"precision": "float16", "epilogue": BIAS_RELU, "batch": 256, **fields}
    return Conv(
        x=dense(channels, size, size),
        y=dense(out, after, after),
        kernel=(kernel, kernel),
        stride=(stride, stride),
        pad=(pad, pad),
        **fields,
    )


def projected(channels: int, size: int, before: int, stride: int = 1) -> Conv:
    """The last convolution of a bottleneck whose shortcut is a projection."""
    x = dense(before, size * stride, size * stride)
    term = Term(x=x, kernel=(1, 1), stride=(stride, stride))
    return replace(conv(channels, 4 * channels, size, 1), more=(term,))


RESIDUAL = Epilogue(("v + c0", "v + t0", "maximum(v, 0.0)"), (Operand(View(256)),), 1)


def shortcut(channels: int, size: int) -> Epilogue:
    """What a residual block ends with where the image is halved, option A if channels are added."""
    operand = Operand(View(channels), sampled=Sampled(channels, size, size, (2, 2)))
    return Epilogue(("v + c0", "v + t0", "maximum(v, 0.0)"), (operand,), 1)


RESNET_POOL = Pooling(kernel=(3, 3), stride=(2, 2), pad=(1, 1), size=(112, 112))
CEIL_POOL = Pooling(kernel=(3, 3), stride=(2, 2), size=(56, 56))
TF32: Any = {"precision": "tf32", "batch": 1}
BRANCH_POOL = Pooling(kernel=(3, 3), stride=(1, 1), pad=(1, 1), size=(28, 28))

PRODUCTS: dict[str, Kernel] = {
    "resnet, bottleneck in": conv(256, 64, 56, 1),
    "resnet, bottleneck": conv(128, 128, 28, 3),
    "resnet, bottleneck out": conv(64, 256, 56, 1, epilogue=RESIDUAL),
    "resnet, bottleneck out, strided": conv(64, 256, 28, 1, epilogue=shortcut(256, 56)),
    "resnet, option A": conv(128, 128, 28, 3, epilogue=shortcut(64, 56)),
    "resnet, projection": conv(256, 512, 56, 1, 2),
    "resnet, end of a block with its projection": projected(128, 28, 256, 2),
    "resnet, a stem with a projection": replace(
        conv(3, 64, 224, 7, 2), more=(Term(x=dense(64, 112, 112), kernel=(1, 1)),)
    ),
    "resnet, stem of 4 channels with its pool": replace(
        conv(4, 64, 224, 7, 2), y=dense(64, 56, 56), pool=RESNET_POOL
    ),
    "resnet, stage 5, one image": conv(512, 512, 7, 3, batch=1),
    "resnet, stem": conv(3, 64, 224, 7, 2),
    "resnet, stem as given": replace(conv(3, 64, 224, 7, 2), x=planes(3, 224, 224)),
    "resnet, stem as given with its pool": replace(
        conv(3, 64, 224, 7, 2, batch=1),
        x=planes(3, 224, 224),
        y=dense(64, 56, 56),
        pool=RESNET_POOL,
    ),
    "alexnet, stem as given": replace(
        conv(3, 96, 224, 11, 4, batch=1), x=planes(3, 224, 224), y=dense(96, 55, 55), pad=(2, 2)
    ),
    "resnet, stem of 8 channels": conv(8, 64, 224, 7, 2),
    "resnext": conv(128, 128, 56, 3, groups=32),
    "alexnet, first conv": conv(3, 96, 227, 11, 4),
    "alexnet, second conv": conv(96, 256, 27, 5, groups=2),
    "alexnet, first linear": Linear(
        x=dense(256, 6, 6), y=dense(4096), precision="float16", batch=256, epilogue=BIAS_RELU
    ),
    "googlenet, 5x5": conv(16, 32, 28, 5),
    "googlenet, slice of a concat": replace(
        conv(112, 224, 14, 3), y=FeatureMap(224, 14, 14, View(512, 160))
    ),
    "googlenet, 3x3 with 5x5": Together((conv(96, 128, 28, 3), conv(16, 32, 28, 5))),
    "googlenet, 3x3 with 5x5, one image": Together(
        (conv(160, 320, 7, 3, batch=1), conv(32, 128, 7, 5, batch=1))
    ),
    "googlenet, 1x1 of three branches": replace(
        conv(192, 176, 28, 1),
        into=(FeatureMap(64, 28, 28, View(256)), dense(96, 28, 28), dense(16, 28, 28)),
    ),
    "googlenet, 3x3 with its pool": replace(
        conv(64, 192, 56, 3), y=dense(192, 28, 28), pool=CEIL_POOL
    ),
    "googlenet, pool branch": replace(conv(192, 32, 28, 1), x_pool=BRANCH_POOL),
    "googlenet, 1x1 with the pool branch": Together(
        (conv(192, 176, 28, 1, **TF32), replace(conv(192, 32, 28, 1, **TF32), x_pool=BRANCH_POOL))
    ),
    "googlenet, pool branch in bfloat16": replace(
        conv(192, 32, 28, 1, precision="bfloat16"), x_pool=BRANCH_POOL
    ),
    "bfloat16": conv(256, 256, 14, 3, precision="bfloat16"),
    "tf32": conv(256, 256, 14, 3, precision="tf32"),
}


def chain(first: Conv, out: int, **fields: Any) -> BackToBack:
    y = dense(out, first.y.height, first.y.width)
    return BackToBack(first=first, y=y, epilogue=BIAS_RELU, **fields)


def block_end(channels: int, size: int) -> Conv:
    """The last convolution of a bottleneck, which adds the shortcut."""
    residual = replace(RESIDUAL, tensors=(Operand(View(4 * channels)),))
    return conv(channels, 4 * channels, size, 1, epilogue=residual)


CHAINS: dict[str, Kernel] = {
    "conv2_x": chain(block_end(64, 56), 64, keep=True),
    "conv3_x": chain(block_end(128, 28), 128, keep=True),
    "conv4_x": chain(block_end(256, 14), 256, keep=True),
    "end of conv2_x, sampled": chain(
        conv(64, 256, 28, 1, epilogue=shortcut(256, 56)), 128, keep=True
    ),
    "conv2_x, projected": chain(projected(64, 56, 64), 64, keep=True),
    "conv3_x, projected": chain(projected(128, 28, 256, 2), 128, keep=True),
    "conv3_x, projected from 512": chain(
        replace(conv(512, 512, 28, 1), more=(Term(x=dense(128, 28, 28), kernel=(1, 1)),)),
        128,
        keep=True,
    ),
    "3x3 to 1x1, 64 channels": chain(conv(64, 64, 56, 3), 256),
    "3x3 to 1x1, 128 channels": chain(conv(128, 128, 28, 3), 256),
    "3x3 to 1x1, 256 channels": chain(conv(256, 256, 14, 3), 256),
    "conv3_x, tf32": chain(replace(block_end(128, 28), precision="tf32"), 128, keep=True),
    "googlenet, 1x1 to 1x1": chain(conv(64, 64, 56, 1), 192),
}


def tma(m: int, n: int, k: int, warps: int, stages: int, split: int = 1) -> Tile:
    return Tile(m, n, k, warps, stages, split, tma=True)


BIG: Any = {"tile": tma(128, 128, 64, 8, 4)}
DESCRIBED: dict[str, Kernel] = {
    "1x1": conv(64, 256, 56, 1, epilogue=RESIDUAL, **BIG),
    "1x1, stride 2": conv(256, 512, 56, 1, 2, **BIG),
    "3x3": conv(128, 128, 28, 3, **BIG),
    "3x3, wide tiles": conv(256, 256, 14, 3, tile=tma(128, 256, 64, 8, 3)),
    "3x3, stride 2": conv(128, 128, 56, 3, 2, **BIG),
    "3x3, one image": conv(512, 512, 7, 3, batch=1, tile=tma(64, 64, 64, 4, 4, split=8)),
    "3x3, slice of a concat": replace(
        conv(112, 224, 14, 3, **BIG), y=FeatureMap(224, 14, 14, View(512, 160))
    ),
    "5x5 in 2 groups": conv(96, 256, 27, 5, groups=2, tile=tma(128, 128, 32, 8, 4)),
    "1x1 and its projection": replace(projected(128, 28, 256, 2), **BIG),
    "linear": Linear(
        x=dense(256, 6, 6), y=dense(4096), precision="float16", epilogue=BIAS_RELU, **BIG
    ),
    "linear, shared": Linear(
        x=dense(2048), y=dense(1000), precision="bfloat16", tile=tma(64, 64, 64, 4, 4, split=4)
    ),
    "1x1 to 1x1": replace(chain(block_end(64, 56), 64, keep=True), tile=tma(128, 64, 64, 8, 2)),
    "3x3 to 1x1": chain(conv(64, 64, 56, 3), 256, tile=tma(64, 256, 64, 8, 4)),
}

IMAGE, HALF = dense(96, 28, 28), dense(96, 14, 14)
F16: Any = {"precision": "float16"}
LRN5: Any = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 2.0}
POOL: Any = {"kind": "max", "kernel": (3, 3), "stride": (2, 2)}
LRN_POOL: Any = {**POOL, "norm": LocalResponse(**LRN5)}

LOGITS: Any = {"x": dense(2048), "epilogue": Epilogue(("v + c0",), vectors=1), "softmax": True}
SOFTMAX: dict[str, Kernel] = {
    "one image": Linear(y=dense(1000), **LOGITS, **F16),
    "many": Linear(y=dense(1000), batch=256, **LOGITS, **F16),
    "very many": Linear(y=dense(1000), batch=8192, **LOGITS, precision="float32"),
    "very wide": Linear(y=dense(21841), batch=256, **LOGITS, **F16),
}

OTHERS: dict[str, Kernel] = {
    "float32": conv(256, 256, 14, 3, precision="float32"),
    "float32, stem": conv(3, 64, 224, 7, 2, precision="float32"),
    "depthwise": conv(96, 96, 28, 3, 2, groups=96),
    "linear, one image": Linear(x=dense(256, 6, 6), y=dense(4096), **F16),
    **{f"linear and softmax, {case}": kernel for case, kernel in SOFTMAX.items()},
    "maxpool": Pool(x=IMAGE, y=HALF, **POOL, **F16),
    "alexnet, lrn and pool": Pool(x=dense(96, 55, 55), y=dense(96, 27, 27), **LRN_POOL, **F16),
    "googlenet, lrn and pool": Pool(x=dense(192, 56, 56), y=dense(192, 28, 28), **LRN_POOL, **F16),
    "float32, lrn and pool": Pool(
        x=dense(256, 27, 27), y=dense(256, 13, 13), precision="float32", **LRN_POOL
    ),
    "adaptive": AdaptivePool(x=dense(512, 13, 13), y=dense(512, 6, 6), **F16),
    "global": GlobalPool(x=dense(2048, 7, 7), y=dense(2048), **F16),
    "lrn": LRN(x=IMAGE, y=IMAGE, **LRN5, **F16),
    "softmax": Softmax(x=dense(1000), y=dense(1000), **F16),
    "pointwise": Pointwise(x=IMAGE, y=IMAGE, epilogue=Epilogue(("maximum(v, 0.0)",)), **F16),
    "shuffle": Copy(x=IMAGE, y=IMAGE, groups=3, **F16),
    "entry": FromNCHW(x=dense(3, 224, 224), y=dense(8, 224, 224), **F16),
    "exit": ToNCHW(x=IMAGE, y=IMAGE, **F16),
    "upsample": Upsample(x=HALF, y=IMAGE, mode="bilinear", **F16),
}


def compiled(folder: Path, kernels: Sequence[Kernel], capability: int) -> list[Compiled]:
    path = folder / "kernels.py"
    path.write_text(HEADER + "\n\n".join(k.source(f"k{i}") for i, k in enumerate(kernels)))
    requests = [Request.of(kernel, f"k{i}") for i, kernel in enumerate(kernels)]
    return compile_kernels(path, requests, capability)


@pytest.mark.parametrize("capability", [80, 90, 100])
def test_no_spills(tmp_path: Path, capability: int) -> None:
    kernels = {**PRODUCTS, **OTHERS}
    if capability == 90:
        # Chains have tiles that fill Hopper's registers; elsewhere some spill a little.
        kernels |= CHAINS | DESCRIBED
    results = compiled(tmp_path, list(kernels.values()), capability)
    for (case, kernel), result in zip(kernels.items(), results, strict=True):
        assert result.spills <= SPILLED, case
        assert MULTIPROCESSORS[capability].resident(
            result.registers, result.shared, kernel.warps
        ), case
        assert f"sm_{capability}" in result.ptx
        assert result.cubin.startswith(b"\x7fELF")


def test_products_run_on_hopper_tensor_cores(tmp_path: Path) -> None:
    kernels = {**PRODUCTS, **CHAINS}
    results = compiled(tmp_path, list(kernels.values()), 90)
    for (case, kernel), result in zip(kernels.items(), results, strict=True):
        assert "wgmma.mma_async" in result.ptx, case
        assert "mma.sync" not in result.ptx, case
        # A loop that is pipelined copies to shared memory without stopping for it.
        assert ("cp.async" in result.ptx) == (kernel.stages > 1), case


def test_who_counts_releases_and_acquires(tmp_path: Path) -> None:
    for result in compiled(tmp_path, list(SOFTMAX.values()), 90):
        stores, last = result.ptx.split("atom.global.gpu.acq_rel.add")
        assert stores.rindex("st.global") < stores.rindex("bar.sync")
        assert "bar.sync" in last[: last.index("ld.global.cg")]


def test_descriptors_feed_the_tensor_cores_from_shared_memory(tmp_path: Path) -> None:
    results = compiled(tmp_path, list(DESCRIBED.values()), 90)
    for (case, kernel), result in zip(DESCRIBED.items(), results, strict=True):
        assert "cp.async.bulk.tensor" in result.ptx, case
        assert "mma.sync" not in result.ptx, case
        # In braces stand the sums; another pair would be a factor that went through registers.
        products = re.findall(r"wgmma\.mma_async\.\S+ \{[^}]*\}, (.)", result.ptx)
        assert products, case
        if not isinstance(kernel, BackToBack):
            assert "{" not in products, case
            assert "cp.async.c" not in result.ptx, case


def test_a_kernel_waits_for_the_one_ahead_of_it(tmp_path: Path) -> None:
    for result in compiled(tmp_path, [DESCRIBED["3x3"], OTHERS["maxpool"]], 90):
        assert result.ptx.index("griddepcontrol.wait") < result.ptx.index(".global.")
        assert "griddepcontrol.launch_dependents" in result.ptx
    (result,) = compiled(tmp_path, [OTHERS["maxpool"]], 80)
    assert "griddepcontrol" not in result.ptx


@pytest.mark.parametrize(("channels", "copies"), [(3, {"16"}), (4, {"8", "16"}), (8, {"16"})])
def test_stored_channels_decide_how_a_stem_is_copied(
    tmp_path: Path, channels: int, copies: set[str]
) -> None:
    plain = conv(channels, 64, 224, 7, 2)
    pooled = replace(plain, y=dense(64, 56, 56), pool=RESNET_POOL)
    for result in compiled(tmp_path, [plain, pooled], 90):
        sizes = re.findall(r"cp\.async\.c[ag]\.shared\.global \[.*?\], \[.*?\], (\w+)", result.ptx)
        # The weight always goes 16 bytes at a time; three channels are loaded number by number.
        assert {str(int(size, 16)) for size in sizes} == copies
        assert ("ld.global.b16" in result.ptx) == (channels == 3)


def test_float32_is_not_rounded_to_tf32(tmp_path: Path) -> None:
    kernels = [OTHERS["float32"], PRODUCTS["tf32"]]
    for capability in (80, 90):
        exact, rounded = compiled(tmp_path, kernels, capability)
        assert "tf32" not in exact.ptx
        assert "tf32" in rounded.ptx


def test_a_maximum_with_nan_is_nan(tmp_path: Path) -> None:
    relu = Epilogue((ReLU().scalar(("v",), {}),))
    cases = ["maxpool", "pointwise", "alexnet, lrn and pool"]
    kernels = [replace(OTHERS[case], epilogue=relu) for case in cases]
    kernels.append(GlobalPool(x=dense(64, 7, 7), y=dense(64), kind="max", **F16))
    for result in compiled(tmp_path, kernels, 90):
        assert "max.NaN.f" in result.ptx
        assert not re.search(r"\bmax\.(ftz\.)?f", result.ptx)


def test_a_spill_is_reported(tmp_path: Path) -> None:
    # Its sums alone would take 256 registers a thread.
    wide = replace(PRODUCTS["resnet, bottleneck"], tile=Tile(128, 256, 64, warps=4, stages=2))
    (result,) = compiled(tmp_path, [wide], 90)
    assert result.spills > 0


def test_results_come_in_order_and_progress_as_they_come(tmp_path: Path) -> None:
    path, seen = tmp_path / "kernels.py", list[str]()
    kernels = [OTHERS["pointwise"], OTHERS["softmax"], OTHERS["shuffle"]]
    path.write_text(HEADER + "\n\n".join(k.source(k.name) for k in kernels))
    requests = [Request.of(k, k.name) for k in kernels]
    results = compile_kernels(path, requests, 90, progress=lambda done: seen.append(done.name))
    assert [r.name for r in results] == [k.name for k in kernels]
    assert sorted(seen) == sorted(k.name for k in kernels)
    assert compile_kernels(path, [], 90) == []


def test_constants(tmp_path: Path) -> None:
    path = tmp_path / "kernels.py"
    lines = ["@triton.jit", "def f(y, N: tl.constexpr):", "    tl.store(y + tl.arange(0, N), 1.0)"]
    path.write_text(HEADER + "\n".join(lines))
    (result,) = compile_kernels(path, [Request("f", ("*fp32",), {"N": 128})], 90)
    assert result.name == "f"


COPY = """@triton.jit
def copy(x, y, batch, DEPENDENT: tl.constexpr):
    if DEPENDENT:
        gdc_wait()
    n = batch + tl.arange(0, 1024)
    tl.store(y + n, tl.load(x + n))
"""


@pytest.mark.parametrize("batch", [None, 1, 3, 32])
def test_a_batch_that_is_known(tmp_path: Path, batch: int | None) -> None:
    path, kernel = tmp_path / "kernels.py", OTHERS["pointwise"]
    path.write_text(f"{HEADER}{COPY}")
    (result,) = compile_kernels(path, [Request.of(kernel, "copy", batch)], 90)
    assert (".param .u32" in result.ptx) == (batch != 1)
    # What begins at a multiple of 16 is loaded in blocks of 16 bytes.
    assert ("ld.global.v4.b32" in result.ptx) == (batch == 32)


@pytest.mark.parametrize(("capability", "waits"), [(80, False), (90, True)])
def test_only_hopper_starts_early(tmp_path: Path, capability: int, waits: bool) -> None:
    path = tmp_path / "kernels.py"
    path.write_text(f"{HEADER}{COPY}")
    (result,) = compile_kernels(path, [Request.of(OTHERS["pointwise"], "copy")], capability)
    assert ("griddepcontrol.wait" in result.ptx) == waits


def test_what_cannot_be_compiled_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kernels.py"
    path.write_text(HEADER + "@triton.jit\ndef broken(y, batch):\n    tl.store(y, missing)\n")
    with pytest.raises(CompileError, match=r"(?s)broken for sm_90: .*missing is not"):
        compile_kernels(path, [Request("broken", ("*fp16", "i32"))], 90)


def test_the_first_mistake_ends_the_work_quietly(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path, done = tmp_path / "kernels.py", list[Compiled]()
    broken = "@triton.jit\ndef broken(x, y, batch):\n    tl.store(y, missing)\n"
    path.write_text("\n\n".join([HEADER, OTHERS["pointwise"].source("fine"), broken]))
    types = ("*fp16", "*fp16", "i32")
    requests = [Request(name, types) for name in ("fine", "broken", *("fine",) * 300)]
    with pytest.raises(CompileError, match="broken"):
        compile_kernels(path, requests, 90, progress=done.append)
    assert len(done) < 200
    assert not capfd.readouterr().err
