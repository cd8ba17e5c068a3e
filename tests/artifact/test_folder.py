"""The artifact's folder: what is in it, how it is written, and what the loader says of others."""

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
import triton as _triton  # ahead of TRITON_INTERPRET, which would stay in its library's functions
from safetensors.numpy import load_file

from netlang.backends.triton import manifest
from netlang.backends.triton.artifact import write_artifact
from netlang.device import Target
from netlang.diagnostic import NetError
from netlang.kernels import Copy, Parameter, dense
from netlang.kernels.kernel import Descriptor
from netlang.lower.printed import parse_graph
from netlang.passes import optimize
from netlang.plan import Plan, plan
from netlang.runtime import folder as reader
from netlang.runtime.model import ArtifactError, Model
from netlang.weights import random_weights
from tests.runtime import handmade

assert _triton

GRAPH = parse_graph("""graph tiny {
  %input = input() shape=3x8x8 : 3x8x8
  %conv = conv(%input) kernel=3x3, out=16 : 16x8x8
  %relu = relu(%conv) : 16x8x8
  %fc = linear(%relu) out=10 : 10
  output %fc
}""")
WEIGHTS = random_weights(GRAPH)
PLAN: Plan = plan(optimize(GRAPH).graph)


@pytest.fixture(scope="module")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifact") / "tiny"
    write_artifact(PLAN, WEIGHTS, folder)
    return folder


@pytest.fixture
def broken(artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the artifact to break, where the loader may use the CPU."""
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    return shutil.copytree(artifact, tmp_path / "tiny")


@pytest.fixture
def model(broken: Path) -> Model:
    return Model.load(broken)


def leftovers(folder: Path) -> list[str]:
    """What lies beside a folder."""
    return sorted(path.name for path in folder.parent.iterdir() if path != folder)


def test_the_loader_and_the_writer_agree_on_the_format() -> None:
    assert (reader.FORMAT, reader.VERSION) == (manifest.FORMAT, manifest.VERSION)


def test_the_loader_is_copied_whole(artifact: Path) -> None:
    originals = Path(reader.__file__).parent.glob("[!_]*.py")
    copies = [artifact / "model.py", *(artifact / "netlang_runtime").iterdir()]
    assert sorted(path.name for path in copies) == sorted(path.name for path in originals)
    for copy in copies:
        text = Path(reader.__file__).with_name(copy.name).read_text()
        assert copy.read_text() == text.replace("netlang.runtime", "netlang_runtime")


def test_each_kernel_stands_under_its_layers(artifact: Path) -> None:
    text = (artifact / "kernels.py").read_text()
    for function in PLAN.functions:
        comment = f"# {', '.join(function.layers)}\n@triton.jit\ndef {function.name}("
        assert comment in text


def test_others_can_read_the_weights(artifact: Path) -> None:
    weights = load_file(artifact / "weights.safetensors")
    assert set(weights) == {weight.name for weight in PLAN.weights}
    assert weights["conv.weight"].dtype == "float16"
    assert weights["conv.bias"].dtype == "float32"
    # Its kernel reads the caller's planes: channels, rows and columns of a window, then outputs.
    expected = WEIGHTS["conv.weight"].transpose(1, 2, 3, 0).astype("float16")
    assert (weights["conv.weight"] == expected).all()


@dataclass(frozen=True)
class Shift(Copy):
    """A kernel that reads the last 8 of 16 channels through a descriptor, each pixel's neighbour."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        shape, strides = ((2, 0), (3, 1), (8, 0)), ((48, 1), (16, 0), (1, 0))
        descriptor = Descriptor(shape, strides, (1, 1, 8), offset=8)
        x, y = super().parameters
        return replace(x, descriptor=descriptor), y


def test_descriptors_are_written_as_the_loader_reads_them() -> None:
    first, *others = PLAN.functions
    kernel = Shift(x=dense(16, 2, 3), y=dense(16, 2, 3), precision="float16")
    functions = (replace(first, kernel=kernel), *others)
    written = json.loads(manifest.manifest(replace(PLAN, functions=functions)))["functions"]
    expected = handmade.PLAN["functions"]["shift"]["descriptors"]
    assert written[first.name]["descriptors"] == expected
    assert all("descriptors" not in written[other.name] for other in others)


def test_bfloat16_is_rounded_as_torch_rounds(tmp_path: Path) -> None:
    from netlang.backends.triton.numbers import packed

    numbers = WEIGHTS["fc.weight"].copy()
    # Halfway between two numbers of bfloat16: one has the even one below it, the other above.
    numbers[0, :2] = 1 + 2**-8, 1 + 3 * 2**-8
    rounded = plan(optimize(GRAPH).graph, Target(precision="bfloat16"))
    weight = next(w for w in rounded.weights if w.name == "fc.weight")
    bits = torch.from_numpy(packed(weight, {"fc.weight": numbers}).view("int16"))
    ours = bits.view(torch.bfloat16).reshape(10, 8, 8, 16)
    torchs = torch.from_numpy(numbers).to(torch.bfloat16).reshape(10, 16, 8, 8)
    assert torch.equal(ours, torchs.permute(0, 2, 3, 1))


# --------------------------------------------------------------------- whole or not at all


def test_an_artifact_is_replaced(artifact: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(artifact, tmp_path / "tiny")
    (folder / "old.txt").touch()
    write_artifact(PLAN, WEIGHTS, folder)
    assert not (folder / "old.txt").exists()
    assert leftovers(folder) == []


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "empty"
    folder.mkdir(parents=True)
    write_artifact(PLAN, WEIGHTS, folder)
    assert (folder / "plan.json").exists()


@pytest.mark.parametrize("name", ["notes.txt", "plan.json"])
def test_a_folder_of_something_else_is_left_alone(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / name).write_text('{"chapters": 7}')
    with pytest.raises(NetError, match="is there and is not a compiled network"):
        write_artifact(PLAN, WEIGHTS, folder)
    assert [path.name for path in folder.iterdir()] == [name]
    assert leftovers(folder) == []


def test_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(NetError):
        write_artifact(PLAN, WEIGHTS, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "text"


def test_nothing_half_written_remains(artifact: Path, tmp_path: Path) -> None:
    lacking = {name: w for name, w in WEIGHTS.items() if name != "fc.bias"}
    with pytest.raises(KeyError):
        write_artifact(PLAN, lacking, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []
    folder = shutil.copytree(artifact, tmp_path / "old")
    with pytest.raises(KeyError):
        write_artifact(PLAN, lacking, folder)
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in artifact.iterdir())
    assert leftovers(folder) == []


# --------------------------------------------------------------------- what the loader refuses


def test_a_model_says_what_it_is(model: Model) -> None:
    assert repr(model) == "Model(tiny, float16, Nx3x8x8, cpu)"


@pytest.mark.parametrize("name", reader.FILES)
def test_a_missing_file(name: str, broken: Path) -> None:
    (broken / name).unlink()
    with pytest.raises(ArtifactError, match=f"not a compiled network: it has no '{name}'"):
        Model.load(broken)


def rewrite_plan(folder: Path, **changes: Any) -> None:
    path = folder / "plan.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_plan_that_is_not_ours(broken: Path) -> None:
    rewrite_plan(broken, format="other")
    with pytest.raises(ArtifactError, match="is not a plan of netlang"):
        Model.load(broken)
    (broken / "plan.json").write_text("[1, 2")
    with pytest.raises(ArtifactError, match="it is not JSON"):
        Model.load(broken)


def test_a_plan_of_another_version(broken: Path) -> None:
    rewrite_plan(broken, version=99)
    with pytest.raises(ArtifactError, match="is of version 99, and this loader reads 2"):
        Model.load(broken)


def test_kernels_of_another_compilation(broken: Path) -> None:
    (broken / "kernels.py").write_text("import triton\n")
    missing = "from another compilation: it has no 'conv3x3_3to16_8x8_relu'"
    with pytest.raises(ArtifactError, match=missing):
        Model.load(broken)


def test_weights_of_another_compilation(broken: Path) -> None:
    rewrite_plan(broken, weights={"conv.weight": ["float16", [3, 3, 3, 32]]})
    with pytest.raises(ArtifactError, match=r"from another compilation: 'conv\.weight' differs"):
        Model.load(broken)


@pytest.mark.parametrize("size", [0, 7, 100, -2])
def test_weights_that_were_cut_short(size: int, broken: Path) -> None:
    path = broken / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ArtifactError, match="is not"):
        Model.load(broken)


def test_no_gpu(artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RuntimeError, match="torch finds no CUDA device; TRITON_INTERPRET=1"):
        Model.load(artifact)
    with pytest.raises(RuntimeError, match="on the CPU the kernels run with TRITON_INTERPRET=1"):
        Model.load(artifact, "cpu")


def test_bfloat16_in_the_interpreter(broken: Path) -> None:
    rewrite_plan(broken, precision="bfloat16")
    with pytest.raises(RuntimeError, match="interpreter multiplies bfloat16 wrongly"):
        Model.load(broken)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((), "takes 1 tensor"),
        ((torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)), "takes 1 tensor"),
        ((torch.zeros(3, 8, 8),), "tiny takes Nx3x8x8, and gets 3x8x8"),
        ((torch.zeros(2, 8, 8, 3),), "tiny takes Nx3x8x8, and gets 2x8x8x3"),
        ((torch.zeros(1, 3, 8, 8, dtype=torch.uint8),), "gets torch.uint8"),
        ((torch.zeros(1, 3, 8, 8, device="meta"),), "tiny is on cpu, and its input on meta"),
    ],
)
def test_inputs_that_the_network_does_not_take(
    inputs: tuple[torch.Tensor, ...], message: str, model: Model
) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        model(*inputs)


def test_no_images_give_no_results(model: Model) -> None:
    assert model(torch.zeros(0, 3, 8, 8)).shape == (0, 10)
