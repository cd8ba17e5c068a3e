"""Files of measured tiles: what they say, whom they are for, and who may write them at once."""

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import pytest

from netlang.device import DEVICES, Target
from netlang.diagnostic import NetError
from netlang.kernels import Conv, Epilogue, Kernel, Operand, Tile, Together, View, dense
from netlang.tune import Maker, Timing, Tuning, choose
from netlang.tune.parts import layers_of
from netlang.tune.store import cache_path, cached, keep, maker, read_tuning
from netlang.tune.tuning import signature

H100 = DEVICES["h100"]
MAKER = maker(H100)

CONV = Conv(x=dense(64, 8, 8), y=dense(32, 8, 8), precision="float16", kernel=(1, 1), batch=5)
TILE = Tile(64, 32, 32, warps=8, stages=2)


def tuning(*kernels: Kernel, tile: Tile = TILE, made: Maker = MAKER) -> Tuning:
    timings = {signature(k): Timing(7.5, (tile,) * len(layers_of(k))) for k in kernels}
    return Tuning(made, timings)


# ------------------------------------------------------------------ signatures


def test_a_signature_is_what_a_kernel_computes() -> None:
    same = [
        replace(CONV, tile=TILE),
        replace(CONV, x=replace(CONV.x, view=View(256, 64))),
        replace(CONV, y=replace(CONV.y, view=View(96))),
        replace(CONV, into=(dense(16, 8, 8), dense(16, 8, 8))),
        replace(CONV, batch=8),
    ]
    others = [
        replace(CONV, batch=9),
        replace(CONV, precision="bfloat16"),
        replace(CONV, y=dense(48, 8, 8)),
        replace(CONV, epilogue=Epilogue(("v + t0",), (Operand(View(32)),))),
        replace(CONV, pad=(1, 1)),
        Together((CONV, CONV)),
    ]
    assert {signature(kernel) for kernel in same} == {signature(CONV)}
    assert len({signature(kernel) for kernel in (CONV, *others)}) == 1 + len(others)
    assert signature(CONV).startswith("conv1x1_64to32_8x8, float16, batch 8, ")


# ------------------------------------------------------------------ the choice


def test_a_measured_tile_is_taken_and_others_are_chosen() -> None:
    target = Target(H100, batch=5)
    other = replace(CONV, y=dense(64, 8, 8))
    known = tuning(CONV)
    assert choose(CONV, target, known) == replace(CONV, tile=TILE)
    assert choose(other, target, known) == choose(other, target)
    assert choose(CONV, target) != choose(CONV, target, known)


def test_each_part_has_its_tile() -> None:
    both = Together((CONV, replace(CONV, y=dense(16, 8, 8))))
    tiles = (TILE, Tile(128, 16, 64))
    known = Tuning(MAKER, {signature(both): Timing(1.0, tiles)})
    assert tuple(part.chosen for part in layers_of(choose(both, Target(H100), known))) == tiles


def test_descriptors_stay_out_of_kernels_that_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    known = tuning(CONV, tile=replace(TILE, tma=True))
    monkeypatch.setattr(Conv, "can_use_tma", False, raising=False)
    assert choose(CONV, Target(H100), known) == replace(CONV, tile=TILE)
    monkeypatch.setattr(Conv, "can_use_tma", True, raising=False)
    assert choose(CONV, Target(H100), known) == replace(CONV, tile=replace(TILE, tma=True))


# ----------------------------------------------------------------------- files


def test_a_file_has_a_kernel_a_line() -> None:
    known = tuning(replace(CONV, y=dense(64, 8, 8)), CONV)
    text = known.text()
    lines = [line.strip() for line in text.splitlines() if "conv1x1" in line]
    assert lines == sorted(lines)
    assert len(lines) == 2
    assert json.loads(text)["device"] == "H100 SXM"
    read = Tuning.parse(text)
    assert (read.maker, dict(read.timings)) == (known.maker, dict(known.timings))
    assert Tuning.parse(Tuning(MAKER, {}).text()).timings == {}


def test_a_file_has_what_does_not_run() -> None:
    def refusing(**why: str) -> Tuning:
        return Tuning(MAKER, {}, {signature(CONV): why})

    known = tuning(CONV).merged(refusing(a="shared memory")).merged(refusing(b="registers"))
    assert known.refusals == {signature(CONV): {"a": "shared memory", "b": "registers"}}
    read = Tuning.parse(known.text())
    assert (read.timings, read.refusals) == (known.timings, known.refusals)
    assert "refusals" not in known.of([CONV]).text()


def test_a_file_for_the_device_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tuning.json"
    path.write_text(tuning(CONV, made=replace(MAKER, triton="3.0.0")).text())
    assert read_tuning(path, H100).applied(CONV) == replace(CONV, tile=TILE)


GOOD = tuning(CONV).text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tiles", "is not a tuning of netlang: it is not whole"),
        (GOOD[: len(GOOD) // 2], "it is not whole"),
        ('{"format": "netlang"}', "it is another kind of file"),
        ("[]", "it is not whole"),
        (GOOD.replace('"version": 1', '"version": 2'), "it is of version 2, and this is 1"),
        (GOOD.replace('"m": 64', '"m": 65'), "is no tile"),
        (GOOD.replace('"split": 1', '"split": 0'), "is no tile"),
        (GOOD.replace('"m": 64, ', ""), "it is not whole"),
        (
            GOOD.replace("H100 SXM", "A100 SXM 80GB"),
            "was measured on A100 SXM 80GB, and the target",
        ),
        (GOOD.replace('"capability": 90', '"capability": 80'), "the target is H100 SXM"),
    ],
)
def test_a_file_that_will_not_do(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "tuning.json"
    path.write_text(text)
    with pytest.raises(NetError, match=r"(?s)^error: '.*tuning.json' ") as caught:
        read_tuning(path, H100)
    assert message in str(caught.value)


# ----------------------------------------------------------------------- cache


def test_the_cache_remembers(capsys: pytest.CaptureFixture[str]) -> None:
    assert cached(MAKER).timings == {}
    keep(tuning(CONV))
    keep(tuning(CONV, tile=Tile(128, 32, 32)))
    keep(tuning(replace(CONV, batch=64)))
    kept = cached(MAKER)
    assert kept.applied(CONV) == replace(CONV, tile=Tile(128, 32, 32))
    assert len(kept.timings) == 2
    assert not capsys.readouterr().err


def test_each_device_and_version_has_its_own() -> None:
    keep(tuning(CONV))
    for other in (
        replace(MAKER, triton="0.0"),
        replace(MAKER, kernels="0"),
        maker(DEVICES["a100-80gb"]),
    ):
        assert cached(other).timings == {}


@pytest.mark.parametrize("text", ["", "{}", GOOD[:-20], GOOD.replace("H100", "H200")])
def test_a_broken_cache_is_passed_over(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = cache_path(MAKER)
    assert path
    path.write_text(text)
    assert cached(MAKER).timings == {}
    assert f"note: '{path}' is passed over: it " in capsys.readouterr().err
    keep(tuning(CONV))
    assert len(cached(MAKER).timings) == 1


def test_a_cache_that_cannot_be_written_is_no_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("netlang.tune.store.write_whole", refuse)
    keep(tuning(CONV))
    assert "is not written: " in capsys.readouterr().err


def test_processes_merge() -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(_keep, range(1, 9)))
    assert len(cached(MAKER).timings) == 8


def _keep(power: int) -> None:
    for channels in (16, 16 * power):
        keep(tuning(replace(CONV, y=dense(channels, 8, 8))))
