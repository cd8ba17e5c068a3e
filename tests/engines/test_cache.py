"""What compiling made is found again, made again where it is damaged, and never mistaken."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netlang.diagnostic import NetError
from netlang.engines import Given, Made, Numbers, Stored, available, cache, open_engine
from netlang.engines.cache import Cache
from netlang.weights import random_weights, write_weights
from tests.zoo_at import zoo_at

OPENVINO = pytest.mark.skipif(bool(available()["openvino"]), reason="pip install 'netlang[cpu]'")

GRAPH = zoo_at(32, "resnet20")
X = np.random.default_rng(0).standard_normal((1, 3, 32, 32), dtype="float32")


class Kitchen:
    """Makes texts, and counts how often; they are kept as bytes."""

    def __init__(self, folder: Path):
        self.cache, self.made = Cache(folder), 0

    def get(self, key: str = "a") -> str:
        return self.cache.through(
            key, lambda: self.make(key), str.encode, lambda data: data.tobytes().decode()
        )

    def make(self, key: str) -> str:
        self.made += 1
        return key * 100


class Larder(Kitchen):
    """The same, kept as a text within a folder, which cannot be made over what is there."""

    def get(self, key: str = "a") -> str:
        return self.cache.through_folder(key, lambda path: self.fill(key, path), self.look)

    def fill(self, key: str, path: Path | None) -> str:
        text = self.make(key)
        if path:
            path.mkdir()
            (path / "text").write_text(text)
        return text

    def look(self, path: Path) -> str | None:
        file = path / "text"
        text = file.read_text() if file.is_file() else ""
        return text if len(text) == 100 else None


@pytest.fixture(params=[Kitchen, Larder])
def kitchen(request: pytest.FixtureRequest, tmp_path: Path) -> Kitchen:
    return request.param(tmp_path / "engines")


def entries(kitchen: Kitchen) -> dict[str, Path]:
    """What is kept, by its key."""
    found = kitchen.cache.folder.iterdir()
    return {path.stem: path for path in found if path.suffix in (".blob", ".artifact")}


def test_what_was_made_is_found_again(kitchen: Kitchen) -> None:
    assert kitchen.get() == kitchen.get() == "a" * 100
    assert kitchen.made == 1
    assert kitchen.get("b") == "b" * 100
    assert kitchen.made == 2


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "zeroed", "folder"])
def test_bytes_that_are_damaged_are_made_again(tmp_path: Path, damage: str) -> None:
    kitchen = Kitchen(tmp_path)
    kitchen.get()
    (path,) = entries(kitchen).values()
    whole = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        damaged = {
            "cut": whole[:-9],
            "empty": b"",
            "changed": b"b" + whole[1:],
            "zeroed": whole[:80] + bytes(20) + whole[100:],
        }
        path.write_bytes(damaged[damage])
    assert kitchen.get() == kitchen.get() == "a" * 100
    assert kitchen.made == 2


@pytest.mark.parametrize("damage", ["cut", "empty", "file"])
def test_a_folder_that_is_damaged_is_made_again(tmp_path: Path, damage: str) -> None:
    larder = Larder(tmp_path)
    larder.get()
    (path,) = entries(larder).values()
    if damage == "cut":
        (path / "text").write_text("a")
    else:
        shutil.rmtree(path)
        path.touch() if damage == "file" else path.mkdir()
    assert larder.get() == larder.get() == "a" * 100
    assert larder.made == 2


def test_what_cannot_be_loaded_is_made_again(tmp_path: Path) -> None:
    kitchen = Kitchen(tmp_path)
    kitchen.get()

    def refuse(data: Any) -> str:
        raise RuntimeError("of another version")

    assert kitchen.cache.through("a", lambda: "new", str.encode, refuse) == "new"


def test_a_place_that_cannot_be_written(kitchen: Kitchen) -> None:
    kitchen.cache.folder.write_text("no folder")
    assert kitchen.get() == "a" * 100
    assert kitchen.made == 1


def test_many_at_one_time_make_it_once(kitchen: Kitchen) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(kitchen.get, ["a"] * 8)) == {"a" * 100}
    assert kitchen.made == 1


def test_what_was_used_longest_ago_goes_first(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "LIMIT", 250)
    for age, key in enumerate("ab"):
        kitchen.get(key)
        os.utime(entries(kitchen)[key], ns=(age, age))
    kitchen.get("a")  # used later than b by now
    kitchen.get("c")
    assert set(entries(kitchen)) == {"a", "c"}


def test_bytes_and_folders_have_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 250)
    kitchen, larder = Kitchen(tmp_path), Larder(tmp_path)
    for key, each in zip("abcd", (larder, kitchen, larder, kitchen), strict=True):
        each.get(key)
    assert set(entries(kitchen)) == {"c", "d"}


def test_what_is_new_stays_however_large(kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "LIMIT", 50)
    kitchen.get("a")
    kitchen.get("b")
    assert set(entries(kitchen)) == {"b"}


def test_a_weight_file_is_read_again_where_it_has_changed(tmp_path: Path) -> None:
    kept, file = Cache(tmp_path / "engines"), tmp_path / "w"
    file.write_bytes(b"one")
    first = kept.digest(file)
    state = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert kept.digest(file) == first  # it looks the same, and is not read
    os.utime(file, ns=(0, 1))
    assert kept.digest(file) != first
    (note,) = kept.folder.glob("*.json")
    note.write_text(json.dumps({"not": "a note"}))
    assert kept.digest(file) != first


# ---------------------------------------------------------------------------- engines


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[None]:
    """One for each time that OpenVINO compiles, with an empty cache."""
    from netlang.backends.openvino import Compiled

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    original, times = Compiled.compile, list[None]()

    def compile(*arguments: Any) -> Any:
        times.append(None)
        return original(*arguments)

    monkeypatch.setattr(Compiled, "compile", compile)
    return times


def test_numbers_of_ones_own() -> None:
    class Zeros:
        def digest(self, cache: Cache) -> None:
            pass

        def load(self) -> Mapping[str, Any]:
            return {name: 0 * array for name, array in random_weights(GRAPH).items()}

    assert (open_engine(GRAPH, Zeros(), "torch")(X) == 0.1).all()


@OPENVINO
def test_a_second_start_does_not_compile(compiled: list[None], tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    write_weights(file, random_weights(GRAPH))
    for weights in (Made(GRAPH), Stored(file, GRAPH)):
        before = len(compiled)
        first, again = (open_engine(GRAPH, weights, "openvino") for _ in range(2))
        assert len(compiled) == before + 1
        assert (first(X) == again(X)).all()
        assert first.description == again.description


@OPENVINO
def test_a_warm_start_reads_no_weights(compiled: list[None]) -> None:
    class Told(Made):
        def load(self) -> Any:
            raise AssertionError("weights are read")

    open_engine(GRAPH, Made(GRAPH), "openvino")
    open_engine(GRAPH, Told(GRAPH), "openvino")


@OPENVINO
@pytest.mark.parametrize(
    "other",
    [
        {"weights": Made(GRAPH, seed=1)},
        {"graph": zoo_at(32, "resnet20", classes=9)},
        {"threads": 1},
        {"batch": 3},
        {"cache": False},
        {"weights": Given(random_weights(GRAPH))},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_is_compiled(compiled: list[None], other: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"graph": GRAPH, "weights": Made(GRAPH), "engine": "openvino"}
    open_engine(**usual)
    asked = usual | other
    if "graph" in other:
        asked["weights"] = Made(other["graph"])
    open_engine(**asked)
    assert len(compiled) == 2


@OPENVINO
def test_other_code_compiles_anew(compiled: list[None], monkeypatch: pytest.MonkeyPatch) -> None:
    open_engine(GRAPH, Made(GRAPH), "openvino")
    monkeypatch.setattr("netlang.engines.job.code_digest", lambda: "other")
    open_engine(GRAPH, Made(GRAPH), "openvino")
    assert len(compiled) == 2


@OPENVINO
@pytest.mark.parametrize("batch", [None, 2])
def test_one_model_takes_any_number_of_images(compiled: list[None], batch: int | None) -> None:
    engine = open_engine(GRAPH, Made(GRAPH), "openvino", batch=batch)
    x = np.random.default_rng(1).standard_normal((5, 3, 32, 32), dtype="float32")
    one_by_one = np.concatenate([engine(x[i : i + 1]) for i in range(5)])
    for count in (2, 3, 5):
        np.testing.assert_allclose(engine(x[:count]), one_by_one[:count], rtol=1e-4, atol=1e-6)
    assert len(compiled) == 1


@pytest.mark.parametrize("name", ["torch", pytest.param("openvino", marks=OPENVINO)])
def test_a_weight_file_that_is_not_there(name: str, tmp_path: Path) -> None:
    missing: Numbers = Stored(tmp_path / "no.safetensors", GRAPH)
    with pytest.raises(NetError, match="there is no weight file"):
        open_engine(GRAPH, missing, name)
