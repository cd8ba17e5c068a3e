"""The cost model: a published table of floors, and each of its conventions on a small graph."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from netlang.cost.model import Floor, Profile, profile, workload
from netlang.device import DEVICES, Device, Target
from netlang.ir.graph import Graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import PIPELINE, Pass, inference, optimize, upto

H100 = DEVICES["h100"]

# Worked out before there was a line of this model, for an H100 with 3.0 TB/s and 790 TFLOP/s in
# float16, every conv fused with its epilogue and with nothing else: GFLOP and MB of activations an image, MB of weights,
# images a second at batch 256, the sum of the layers' floors at batch 1 in microseconds.
# Bottlenecks have their stride in the 3x3, AlexNet is one tower without normalization.
FLOORS = {
    "resnet18": (3.63, 12.4, 23.4, 166e3, 12.0),
    "resnet50": (8.18, 54.7, 51.1, 47.3e3, 35.5),
    "resnet152": (23.0, 115.7, 120, 20.4e3, 79.1),
    "googlenet": (3.17, 24.5, 14.0, 104e3, 13.3),
    "alexnet_torchvision": (1.43, 2.6, 122, 456e3, 41.9),
}


LAYER_WISE = upto("fuse_epilogue")


def optimized(network: str, batch: int, passes: tuple[Pass, ...] = LAYER_WISE) -> Graph:
    bottlenecks = network in ("resnet50", "resnet152")
    settings = {"stride_in": "3x3"} if bottlenecks else {}
    return optimize(load(network, **settings), passes, Target(H100, batch=batch)).graph


def counted(profile: Profile) -> list[Floor]:
    """The layers of the table: it takes GoogLeNet's two LRNs to ride on the layers beside them."""
    return [floor for floor in profile.floors if floor.work.op != "lrn"]


def facts(network: str, without_lrn: bool) -> tuple[float, ...]:
    """What the table says of a network."""
    one, many = (profile(optimized(network, batch), H100, batch=batch) for batch in (1, 256))
    layers, batch = (counted(each) if without_lrn else each.floors for each in (one, many))
    return (
        one.totals.flops / 1e9,
        sum(2 * (layer.work.read + layer.work.written) for layer in layers) / 1e6,
        sum(2 * layer.work.weights for layer in layers) / 1e6,
        256 / sum(layer.seconds for layer in batch),
        1e6 * sum(layer.seconds for layer in layers),
    )


@pytest.mark.parametrize("network", FLOORS)
def test_floors_are_the_published_ones(network: str) -> None:
    assert facts(network, without_lrn=True) == pytest.approx(FLOORS[network], rel=0.05)


def rows(option: str) -> Iterator[tuple[str, list[float]]]:
    """The rows of the manual's table behind a mention of an option: what they are of, numbers."""
    manual = (Path(__file__).parent.parent / "docs" / "profile.md").read_text(encoding="utf-8")
    table = manual.partition(f"{option}\n\n|")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        name, *cells = line.strip("| ").split(" | ")
        yield name, [float(cell.replace("k", "e3")) for cell in cells]


def test_the_manual_says_what_the_model_says() -> None:
    networks = [*FLOORS]
    networks.insert(networks.index("googlenet"), "googlenet")
    for network, (name, written) in zip(networks, rows("--after fuse_epilogue"), strict=True):
        found = facts(network, without_lrn="without" in name)
        assert written == pytest.approx(found, rel=0.005, abs=0.05), name


def test_the_manual_says_what_the_whole_pipeline_gains() -> None:
    for network, (name, written) in zip(FLOORS, rows("--batch 256"), strict=True):
        one, many = (
            profile(optimized(network, batch, PIPELINE), H100, batch=batch) for batch in (1, 256)
        )
        moved = [2 * sum(f.work.read + f.work.written for f in p.floors) for p in (many, one)]
        images, seconds = many.totals.images_per_second, one.totals.seconds
        found = (moved[0] / 1e6, images, moved[1] / 1e6, 1e6 * seconds)
        assert written == pytest.approx(found, rel=0.005, abs=0.05), name


def test_what_the_table_leaves_out_is_counted() -> None:
    # 64x56x56 and 192x56x56 in and out: a kernel each here, and 13% of GoogLeNet's activations.
    whole = profile(optimized("googlenet", 1), H100)
    (first, second) = [floor for floor in whole.floors if floor not in counted(whole)]
    assert (first.bytes, second.bytes) == (4 * 64 * 56 * 56, 4 * 192 * 56 * 56)
    assert profile(optimized("googlenet", 256), H100, batch=256).totals.images_per_second < 95e3


def moved(*nodes: str) -> dict[str, tuple[int, int]]:
    """Numbers read and written by each layer of a graph that starts with %x : 4x8x8."""
    lines = ["graph g {", "%x = input() shape=4x8x8 : 4x8x8", *nodes, "}"]
    return {w.name: (w.read, w.written) for w in workload(parse_graph("\n".join(lines)))}


@pytest.mark.parametrize(
    ("node", "read"),
    [
        ("conv(%x) kernel=1x1, out=8, stride=2x2 : 8x4x4", 4 * 4 * 4),
        ("conv(%x) kernel=3x3, out=8, stride=2x2 : 8x4x4", 4 * 8 * 8),
        ("conv(%x) kernel=2x2, out=8, stride=3x3, pad=0x0 : 8x3x3", 4 * 6 * 6),
        ("conv(%x) kernel=1x3, out=8, stride=4x1 : 8x2x8", 4 * 2 * 8),
        # Windows end at row 7 and column 7: the last of each is not looked at.
        ("maxpool(%x) kernel=3x3, stride=2x2 : 4x3x3", 4 * 7 * 7),
        ("avgpool(%x) kernel=global : 4x1x1", 4 * 8 * 8),
        ("subsample(%x) stride=2x2 : 4x4x4", 4 * 4 * 4),
        ("upsample(%x) factor=2x2 : 4x16x16", 4 * 8 * 8),
    ],
)
def test_a_layer_reads_what_its_windows_touch(node: str, read: int) -> None:
    ((found, _),) = moved(f"%y = {node}", "output %y").values()
    assert found == read


def test_a_residual_is_read_with_its_conv() -> None:
    first = "%a = conv(%x) kernel=1x1, out=4 -> relu(_) : 4x8x8"
    last = "%b = conv(%a) kernel=1x1, out=4 -> add(_, %x) : 4x8x8"
    assert moved(first, last, "output %b") == {"a": (256, 256), "b": (512, 256)}


def test_a_value_is_read_once() -> None:
    twice = "%y = conv(%x) kernel=1x1, out=4 -> add(_, %x) : 4x8x8"
    assert moved(twice, "output %y") == {"y": (256, 256)}


def test_a_gate_is_read_as_small_as_it_is() -> None:
    gate = "%g = avgpool(%x) kernel=global : 4x1x1"
    assert moved(gate, "%y = mul(%x, %g) : 4x8x8", "output %y")["y"] == (260, 256)


def test_a_shortcut_is_read_where_it_is_added() -> None:
    conv = "%y = conv(%x) kernel=3x3, out=6, stride=2x2 -> shortcut_add(_, %x) stride=2x2, after=2"
    other = "%z = relu(%x) : 4x8x8"
    strided = conv.replace("add(_, %x)", "add(_, %z)")
    assert moved(f"{conv} : 6x4x4", "output %y")["y"] == (256, 96)
    assert moved(other, f"{strided} : 6x4x4", "output %y")["y"] == (256 + 4 * 4 * 4, 96)


def test_what_stays_inside_a_kernel_is_not_moved() -> None:
    conv, relu = "conv(%x) kernel=1x1, out=8", "relu(_)"
    pool = "maxpool(_) kernel=3x3, stride=2x2"
    assert moved(f"%y = {conv} -> {relu} => {pool} : 8x3x3", "output %y") == {"y": (256, 72)}
    two = f"{conv} -> {relu} => conv(_) kernel=1x1, out=2"
    assert moved(f"%y = {two} : 2x8x8", "output %y") == {"y": (256, 128)}
    kept = two.replace("=>", "keep =>")
    assert moved(f"%y = {kept} : 10x8x8", "output %y") == {"y": (256, 640)}
    residual = "%z = split(%x) parts=2, part=1 : 2x8x8"
    added = f"{two} -> add(_, %z) : 2x8x8"
    assert moved(residual, f"%y = {added}", "output %y") == {"y": (256 + 128, 128)}


def test_terms_of_a_sum_are_read_and_their_sum_is_written() -> None:
    other = "%z = relu(%x) : 4x8x8"
    terms = "conv(%x) kernel=1x1, out=8, stride=2x2 + conv(%z) kernel=3x3, out=8, stride=2x2"
    assert moved(other, f"%y = {terms} : 8x4x4", "output %y")["y"] == (64 + 256, 128)


def test_what_runs_together_reads_a_value_once() -> None:
    two = "%y = conv(%x) kernel=1x1, out=2 | conv(%x) kernel=3x3, out=6 : 8x8x8"
    parts = ["%a = slice(%y) start=0, channels=2 : 2x8x8", "%b = relu(%a) : 2x8x8"]
    assert moved(two, *parts, "output %b") == {"y": (256, 512), "b": (128, 128)}


def test_a_multiply_add_counts_once_however_many_windows_want_it() -> None:
    # 9 windows of 3x3 lie on 49 pixels, 81 if each were computed for itself.
    pooled = "conv(%x) kernel=1x1, out=8 => maxpool(_) kernel=3x3, stride=2x2 : 8x3x3"
    lines = ("%x = input() shape=4x7x7 : 4x7x7", f"%y = {pooled}", "output %y")
    (work,) = workload(parse_graph("\n".join(["graph g {", *lines, "}"])))
    assert (work.macs, work.weights) == (4 * 8 * 49, 4 * 8 + 8)


def test_what_is_in_place_is_free() -> None:
    convs = [f"%{name} = conv(%x) kernel=1x1, out=4 : 4x8x8" for name in "ab"]
    joined = moved(*convs, "%y = concat(%a, %b) : 8x8x8", "output %y")
    assert joined == {"a": (256, 256), "b": (256, 256)}
    halves = moved("%y = split(%x) parts=2, part=1 : 2x8x8", "%z = relu(%y) : 2x8x8", "output %z")
    assert halves == {"z": (128, 128)}


def test_what_the_planner_cannot_place_is_copied() -> None:
    # A value lies in the last of the concatenations that want it; the others copy.
    conv = "%a = conv(%x) kernel=1x1, out=4 : 4x8x8"
    joins = ["%y = concat(%a, %x) : 8x8x8", "%z = concat(%a, %x) : 8x8x8"]
    found = moved(conv, *joins, "%s = add(%y, %z) : 8x8x8", "output %s")
    assert found["y"] == (512, 512)
    assert "z" not in found


SLOW = Device("slow", 1e6, {"float32": 1e9, "float16": 4e9}, 0, 1, 90)


def test_the_floor_is_the_larger_of_memory_and_arithmetic() -> None:
    lines = ("%x = input() shape=4x8x8 : 4x8x8", "%y = conv(%x) kernel=1x1, out=8 : 8x8x8")
    network = parse_graph("\n".join(["graph g {", *lines, "output %y", "}"]))
    (floor,) = profile(network, SLOW, "float16", batch=10).floors
    assert floor.bytes == 2 * (10 * (256 + 512) + 4 * 8 + 8)  # weights and bias once
    assert floor.flops == 2 * 10 * 4 * 512
    assert floor.seconds == floor.memory_seconds == floor.bytes / 1e6
    assert (floor.bound, floor.intensity) == ("memory", floor.flops / floor.bytes)
    slower = Device("slower", 1e6, {"float32": 1e3}, 0, 1, 90)
    (floor,) = profile(network, slower, "float32", batch=10).floors
    assert floor.bytes == 4 * (10 * (256 + 512) + 4 * 8 + 8)
    assert (floor.bound, floor.seconds) == ("compute", floor.flops / 1e3)


@pytest.mark.parametrize("network", ["resnet18", "googlenet", "alexnet", "vgg16_bn"])
def test_optimization_never_costs(network: str) -> None:
    written = load(network)
    before = profile(inference(written), H100, batch=32).totals
    after = profile(optimize(written).graph, H100, batch=32).totals
    assert before.flops == after.flops
    assert before.bytes > after.bytes
    assert before.seconds > after.seconds


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_a_device_is_credible(device: Device) -> None:
    assert set(device.rates) == {"float32", "tf32", "float16", "bfloat16"}
    assert device.rates["float16"] >= device.rates["tf32"] >= device.rates["float32"]
    assert 50 < device.ridge("float16") < 500  # FLOPs a byte; GPUs have stayed there for years
    assert 40 <= device.sms <= 200
    assert 40e6 <= device.l2 <= 130e6
