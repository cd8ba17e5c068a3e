"""The cost model of a launch: what it must say of tiles, and of networks, to be believed."""

from dataclasses import replace
from math import inf

import pytest

from netlang.cost import profile
from netlang.device import DEVICES, RESERVED, Target
from netlang.ground.integers import ceil_div
from netlang.kernels import (
    BackToBack,
    Conv,
    Epilogue,
    Kernel,
    Layer,
    Linear,
    Operand,
    Tile,
    Together,
    View,
    dense,
)
from netlang.kernels.precision import PRECISIONS
from netlang.lower import load
from netlang.passes import optimize
from netlang.plan import Plan, plan
from netlang.tune.candidates import candidates
from netlang.tune.model import columns, registers, resident, seconds, shared
from netlang.tune.parts import layers_of
from netlang.tune.product import Product
from tests.effort import calls

H100 = DEVICES["h100"]


def conv(channels: int, out: int, size: int, kernel: int = 3, batch: int = 1) -> Conv:
    pad = (kernel - 1) // 2
    return Conv(
        x=dense(channels, size, size),
        y=dense(out, size, size),
        precision="float16",
        kernel=(kernel, kernel),
        pad=(pad, pad),
        batch=batch,
    )


def planned(name: str, target: Target) -> Plan:
    return plan(optimize(load(name), target=target).graph, target)


def network_seconds(name: str, target: Target) -> float:
    each = planned(name, target).functions
    return sum(seconds(f.kernel, target) * len(f.layers) for f in each)


def best(kernel: Kernel, target: Target) -> Tile:
    (layer,) = layers_of(candidates(kernel, target)[0])
    return layer.chosen


@pytest.mark.parametrize("batch", [1, 32, 256])
@pytest.mark.parametrize("faster", ["bandwidth", "sms", "rates"])
def test_a_faster_device_is_never_slower(batch: int, faster: str) -> None:
    rates = {precision: 2 * rate for precision, rate in H100.rates.items()}
    changes = {"bandwidth": 2 * H100.bandwidth, "sms": 2 * H100.sms, "rates": rates}
    # As many multiprocessors more are as much more arithmetic.
    more = {faster: changes[faster]} | ({"rates": rates} if faster == "sms" else {})
    device = replace(H100, **more)
    before, after = 0.0, 0.0
    functions = planned("resnet50", Target(H100, batch=batch)).functions
    for function in (f for f in functions if any(map(Product.of, layers_of(f.kernel)))):
        slow, fast = (
            seconds(function.kernel, Target(each, batch=batch)) for each in (H100, device)
        )
        assert fast <= slow
        before, after = before + slow, after + fast
    # Nearly all tiles are bound by the cache or by memory, so arithmetic alone may be no help.
    assert after < before or faster == "rates"


@pytest.mark.parametrize("batch", [1, 32, 256])
def test_a_network_is_above_its_floor(batch: int) -> None:
    target = Target(H100, batch=batch)
    graph = optimize(load("resnet50"), target=target).graph
    floor = profile(graph, H100, "float16", batch).totals.seconds
    times = network_seconds("resnet50", target)
    assert floor < times
    assert times < (3 * floor if batch == 256 else inf)


@pytest.mark.parametrize(("batch", "helps"), [(1, True), (256, False)])
def test_a_few_tiles_share_their_sums(batch: int, helps: bool) -> None:
    # conv5_x of a ResNet: 8 tiles of 64 x 64 at batch 1, and 72 steps each.
    kernel, target = conv(512, 512, 7, batch=batch), Target(H100, batch=batch)
    alone = Tile(64, 64, 64, stages=4)
    one, eight = (
        seconds(replace(kernel, tile=replace(alone, split=split)), target) for split in (1, 8)
    )
    assert (eight < one) == helps


def test_shared_sums_have_to_be_added_up() -> None:
    kernel, tile = conv(512, 512, 7, 1), Tile(64, 64, 128, stages=4)
    one, four = (
        seconds(replace(kernel, tile=replace(tile, split=split)), Target(H100)) for split in (1, 4)
    )
    assert four > one


def test_what_a_tile_computes_in_vain_shows() -> None:
    target = Target(H100, batch=256)
    wide, narrow = (
        seconds(replace(conv(256, 64, 56, 1), tile=Tile(128, n, 64, stages=4)), target)
        for n in (128, 64)
    )
    assert narrow < wide


def test_a_last_wave_of_few_programs_shows() -> None:
    def time(images: int) -> float:
        kernel = replace(conv(4096, 128, 1), tile=Tile(128, 128, 64, warps=8, stages=4))
        return seconds(kernel, Target(H100, batch=128 * images))

    for waves in (1, 2):
        full, one_more = time(waves * H100.sms), time(waves * H100.sms + 1)
        assert one_more > 1.2 * full
    assert time(2 * H100.sms - 60) == pytest.approx(time(2 * H100.sms), rel=0.1)


def test_more_stages_hide_latency() -> None:
    target = Target(H100)
    times = [
        seconds(replace(conv(512, 512, 7), tile=Tile(64, 32, 64, stages=stages)), target)
        for stages in (1, 2, 4)
    ]
    assert times == sorted(times, reverse=True)
    assert len({*times}) == 3


@pytest.mark.parametrize("device", ["h100", "a100-80gb", "l4", "b200"])
@pytest.mark.parametrize("precision", PRECISIONS)
def test_candidates_fit_the_device(
    device: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Conv, "can_split", True, raising=False)
    target = Target(DEVICES[device], precision, 32)  # pyright: ignore[reportArgumentType]
    kernels = [conv(64, 256, 56), conv(512, 512, 7), conv(3, 64, 112, 7), conv(64, 10, 8, 1)]
    for kernel in (replace(kernel, precision=target.precision) for kernel in kernels):
        product = Product.of(kernel)
        assert product
        found = [
            layer.chosen for each in candidates(kernel, target, 10**4) for layer in layers_of(each)
        ]
        assert 1 < len({*found}) == len(found) < 10**4
        for loop in product.loops:
            assert not any(loop.runs * ceil_div(loop.depth, t.k) % t.split for t in found)
        tiles = columns(found)
        room = target.device.multiprocessor.shared - RESERVED
        assert (shared(product, tiles, target) <= room).all()
        assert (registers(product, tiles, target) < 255).all()
        assert (resident(product, tiles, target) > 0).all()
        times = [seconds(replace(kernel, tile=tile), target) for tile in found]
        assert times == sorted(times)


def test_tiles_grow_with_the_batch() -> None:
    one, many = (best(conv(256, 256, 14, batch=b), Target(H100, batch=b)) for b in (1, 256))
    assert many.m * many.n > one.m * one.n


def test_sums_are_shared_where_a_kernel_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conv, "can_split", True, raising=False)
    kernel = replace(conv(512, 512, 7), label="splits")
    tile = best(kernel, Target(H100))
    assert tile.split > 1
    assert 72 * 64 // tile.k % tile.split == 0
    assert best(replace(kernel, batch=256), Target(H100, batch=256)).split == 1
    together = Together((kernel, conv(64, 64, 7)))
    assert {part.chosen.split for part in layers_of(candidates(together, Target(H100))[0])} == {1}


def test_descriptors_are_for_kernels_and_devices_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Conv, "can_use_tma", False, raising=False)
    # The label is for the cache, which knows nothing of the patch.
    kernel = replace(conv(256, 256, 14, batch=256), label="descriptors")
    assert not best(kernel, Target(H100, batch=256)).tma
    monkeypatch.setattr(Conv, "can_use_tma", True, raising=False)
    kernel = replace(kernel, label="descriptors, too")
    assert best(kernel, Target(H100, batch=256)).tma
    assert not best(kernel, Target(DEVICES["a100-80gb"], batch=256)).tma


def test_a_vector_streams_a_matrix() -> None:
    kernel = Linear(x=dense(4096), y=dense(4096), precision="float16")
    tile = best(kernel, Target(H100))
    assert tile.m == 1
    weights = 2 * 4096 * 4096 / H100.bandwidth
    assert weights < seconds(replace(kernel, tile=tile), Target(H100)) < 1.5 * weights


def test_a_chain_has_all_channels_in_a_tile() -> None:
    first = conv(64, 64, 56, batch=256)
    kernel = BackToBack(first=first, y=dense(256, 56, 56))
    found = candidates(kernel, Target(H100, batch=256), 12)
    assert len(found) > 1
    tiles = [layer.chosen for each in found for layer in layers_of(each)]
    default = kernel.default_tile()
    assert {(t.n, t.k, t.warps) for t in tiles} == {(256, default.k, default.warps)}
    assert all(tile.m <= default.m for tile in tiles)


def test_a_chain_takes_descriptors_where_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BackToBack, "can_use_tma", True, raising=False)
    residual = Epilogue(("v + t0",), (Operand(View(256)),))
    first = conv(64, 64, 56, batch=256)
    kernel = BackToBack(first=first, y=dense(256, 56, 56), epilogue=residual)
    found = candidates(kernel, Target(H100, batch=256), 10**4)
    tiles = [layer.chosen for each in found for layer in layers_of(each)]
    assert {(tile.m, tile.tma) for tile in tiles} == {(64, True), (64, False), (128, False)}


def test_a_kernel_without_tensor_cores_stays_as_it_is() -> None:
    depthwise = replace(conv(64, 64, 14), groups=64)
    assert candidates(depthwise, Target(H100), 12) == (depthwise,)


@pytest.mark.parametrize("batch", [1, 256])
def test_choosing_takes_little_effort(batch: int) -> None:
    target = Target(H100, batch=batch)
    kernels: list[Kernel] = []
    for function in planned("resnet152", target).functions:
        layers = tuple(replace(layer, tile=None) for layer in layers_of(function.kernel))
        kernels.append(Together(layers) if isinstance(function.kernel, Together) else layers[0])
    candidates.cache_clear()
    effort = calls(lambda: [candidates(kernel, target) for kernel in kernels])
    assert effort < 2500 * len(kernels)  # some two milliseconds each


def test_what_is_launched_together_is_one_start() -> None:
    a, b = conv(64, 64, 14), conv(64, 32, 14)
    target = Target(H100)
    both = seconds(Together((a, b)), target)
    assert both < seconds(a, target) + seconds(b, target)
    assert both > max(seconds(a, target), seconds(b, target))


def test_what_is_launched_together_fits_side_by_side() -> None:
    """Triton has given two convolutions, each of which fits alone, memory beside each other."""
    target = Target(H100)
    room = target.device.multiprocessor.shared

    def blocks(kernel: Kernel) -> int:
        tiles = [(Product.of(part), columns([part.chosen])) for part in layers_of(kernel)]
        return sum(int(shared(product, tile, target)[0]) for product, tile in tiles if product)

    one = replace(conv(384, 384, 8), kernel=(1, 3), pad=(0, 1))
    (alone,) = candidates(one, target)
    assert 2 * blocks(alone) > room
    for count in (2, 3):
        (together, *_) = candidates(Together((one,) * count), target)
        assert blocks(together) < room


def test_what_is_launched_together_has_one_pipeline() -> None:
    # The first has a single step; the chain's only loop is the one over its chunks.
    short, long = conv(64, 64, 14, 1), conv(256, 64, 14)
    chain = BackToBack(first=conv(64, 256, 14, 1), y=dense(64, 14, 14))

    def stages(*parts: Layer) -> list[int]:
        (together, *_) = candidates(Together(parts), Target(H100))
        assert len({layer.warps for layer in layers_of(together)}) == 1
        return [layer.stages for layer in layers_of(together)]

    assert min(stages(short, long)) > 1
    assert stages(chain, long) == [1, 1]
