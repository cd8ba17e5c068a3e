"""`netlang compile`: the report, the artifact, the stages, and every way to get none of them."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netlang.backends.triton.aot import Compiled, CompileError, Request
from netlang.backends.triton.manifest import manifest
from netlang.backends.triton.source import source
from netlang.commands import main
from netlang.compiler import checks, compile
from netlang.device import DEVICES, Target
from netlang.ir.graph import Graph
from netlang.ir.printer import print_graph
from netlang.lower import load
from netlang.lower.printed import parse_graph
from netlang.passes import optimize, upto
from netlang.plan import plan
from netlang.weights import random_weights, write_weights

Capture = pytest.CaptureFixture[str]

NET = """net tiny(width = 4) {
  input 3x8x8
  conv 3x3, width, bias=off -> bn -> relu
  linear 3 -> dropout -> softmax
}"""

CONTRACT = {
    "kernels": int,
    "distinct_kernels": int,
    "arena_bytes": int,
    "arena_lower_bound": int,
    "activation_bytes": int,
    "nodes_before": int,
    "nodes_after": int,
    "passes": list,
}


def shown(capsys: Capture, *arguments: str | Path, status: int = 0) -> str:
    """What the command prints; what it says on standard error, where it fails."""
    assert main(["compile", *map(str, arguments)]) == status
    captured = capsys.readouterr()
    assert not (captured.err if status == 0 else captured.out)
    return captured.out or captured.err


def report(capsys: Capture, *arguments: str | Path) -> dict[str, Any]:
    return json.loads(shown(capsys, "--json", *arguments))


# --------------------------------------------------------------------- reports


def test_the_object_keeps_its_promise(net: Path, capsys: Capture) -> None:
    result = report(capsys, net)
    assert {key: type(result[key]) for key in CONTRACT} == CONTRACT
    assert "compiled" not in result
    # input, conv, bn, relu, linear, dropout, softmax; then input, conv + relu, linear + softmax
    assert (result["nodes_before"], result["nodes_after"]) == (7, 3)
    assert result["kernels"] == result["distinct_kernels"] == 2
    # conv (4x8x8) alone, two bytes a number: it reads the caller's image
    assert result["arena_bytes"] == result["arena_lower_bound"] == 2 * 4 * 64
    # 3x8x8 in float32; then 4x8x8, 4x8x8 and 3
    assert result["activation_bytes"] == 4 * 192 + 2 * (256 + 256 + 3)
    fold = next(each for each in result["passes"] if each["name"] == "fold_affine")
    assert (fold["changed"], fold["skipped"]) == (1, [])
    assert fold["milliseconds"] > 0


def test_what_a_pass_refuses_is_in_the_object(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "early.net"
    path.write_text("net early { input 3x8x8; bn -> relu -> linear 3 }")
    passes = report(capsys, path)["passes"]
    fold = next(each for each in passes if each["name"] == "fold_affine")
    assert fold["skipped"][0]["node"] == "bn_1"
    assert "has no weights to scale" in fold["skipped"][0]["reason"]


def test_a_person_is_told_the_same(net: Path, capsys: Capture) -> None:
    text = shown(capsys, net)
    assert text.startswith("tiny in float16: 3x8x8 -> 3\n")
    assert "2 launches of 2 kernels" in text
    assert "512 bytes an image, 1.000 times the most in use" in text
    assert "random (seed 0)" in text
    assert "folded into" not in text
    assert "  %bn_1: folded into %conv_1\n" in shown(capsys, net, "--explain")


def test_parameters_of_the_net(net: Path, capsys: Capture) -> None:
    wide = report(capsys, net, "--set", "width=32", "--dtype", "float32")
    assert wide["arena_bytes"] == 4 * 32 * 64
    assert wide["precision"] == "float32"


def test_kernels_are_compiled_for_a_target(net: Path, capsys: Capture) -> None:
    result = report(capsys, net, "--target", "sm_90")
    assert len(result["compiled"]) == result["distinct_kernels"]
    for kernel in result["compiled"]:
        assert set(kernel) == {"name", "registers", "spills", "shared", "resident", "waves"}
        assert kernel["registers"] > 0 == kernel["spills"]
        # An image is one program of each kernel, and an H100 has 132 multiprocessors.
        assert kernel["waves"] == 1 / (132 * kernel["resident"])
    assert result["compiled"][0]["name"] == "conv3x3_3to4_8x8_relu"
    text = shown(capsys, net, "--target", "sm_90", "--batch", "33")
    assert re.search(r"kernel for sm_90 .* shared  an SM  waves at 33\n", text)


@pytest.mark.parametrize(
    ("device", "help"),
    [
        ("a100-80gb", "`netlang compile --tune` finds tiles that run"),
        ("h100", "its tiles are for H100 SXM: `netlang compile --device a100-80gb` has others"),
    ],
)
def test_a_kernel_that_fits_no_multiprocessor_is_not_written(
    device: str,
    help: str,
    net: Path,
    tmp_path: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compiled(path: Path, requests: list[Request], *_: Any) -> list[Compiled]:
        return [Compiled(r.function, 64, 0, 200_000, "", b"") for r in requests]

    monkeypatch.setattr("netlang.compiler.assemble.compile_kernels", compiled)
    options = "--target", "sm_80", "--device", device, "-o", tmp_path / "out"
    message = shown(capsys, net, *options, status=1)
    assert re.search(
        r"the kernel 'conv3x3_3to4_8x8_relu' does not fit a multiprocessor of sm_80: it takes "
        r"[\d,]+ registers and 200,000 bytes of shared memory, and there are 65,536 and 166,912",
        message,
    )
    assert help in message
    assert not (tmp_path / "out").exists()


# --------------------------------------------------------------------- checks


def test_checks_pass(net: Path, capsys: Capture) -> None:
    text = shown(capsys, net, "--check")
    assert text.count("ok  ") == 2
    assert "optimized graph in float64: " in text


def test_a_failed_check_is_status_1(
    net: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "OF_PASSES", 0.0)
    assert main(["compile", str(net), "--check"]) == 1
    assert "FAIL  optimized graph in float64" in capsys.readouterr().out


def test_kernels_that_the_interpreter_computes_wrongly_are_not_checked(
    net: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    assert main(["compile", str(net), "--check", "--dtype", "bfloat16"]) == 1
    assert "interpreter multiplies bfloat16 wrongly" in capsys.readouterr().err


def test_a_check_sees_through_a_softmax(net: Path) -> None:
    # With logits in the hundreds probabilities are 0 and 1, and stay so with a wrong bias.
    good = compile(net)
    weights = random_weights(good.graph)
    weights["linear_1.weight"] *= 1000
    text = print_graph(good.optimized.graph)
    bad = parse_graph(text.replace("bias = sub(bn_1.bias, ", "bias = add(bn_1.bias, "))
    wrong = replace(good, optimized=replace(good.optimized, graph=bad))
    assert [check.passed for check in checks.checks(good, weights)] == [True, True]
    assert [check.passed for check in checks.checks(wrong, weights)] == [False, True]


def test_logits_have_the_weights_that_a_pass_made(net: Path) -> None:
    net.write_text(net.read_text().replace("dropout", "bn"))
    compilation = compile(net)
    weights = random_weights(compilation.graph)
    assert all(check.passed for check in checks.checks(compilation, weights))


# --------------------------------------------------------------------- artifacts


def test_an_artifact_is_written(net: Path, tmp_path: Path, capsys: Capture) -> None:
    text = shown(capsys, net, "-o", tmp_path / "out")
    assert text.endswith(f"wrote {tmp_path / 'out'}\n")
    names = {"README.md", "kernels.py", "model.py", "plan.json", "weights.safetensors"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {"netlang_runtime"}


def test_weights_come_from_a_file(net: Path, tmp_path: Path, capsys: Capture) -> None:
    weights = random_weights(load(net), seed=7)
    write_weights(tmp_path / "w.safetensors", weights)
    shown(capsys, net, "-o", tmp_path / "file", "--weights", tmp_path / "w.safetensors")
    shown(capsys, net, "-o", tmp_path / "seed", "--seed", "7")
    files = [tmp_path / name / "weights.safetensors" for name in ("file", "seed")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_weights_of_another_network(net: Path, tmp_path: Path, capsys: Capture) -> None:
    write_weights(tmp_path / "w.safetensors", random_weights(load("resnet20")))
    message = shown(capsys, net, "--weights", tmp_path / "w.safetensors", status=1)
    assert "do not fit the network" in message


def test_a_folder_of_something_else(net: Path, tmp_path: Path, capsys: Capture) -> None:
    message = shown(capsys, net, "-o", tmp_path, status=1)
    assert f"'{tmp_path}' is there and is not a compiled network" in message
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.net"]


def test_python_has_it_too(net: Path, tmp_path: Path) -> None:
    import netlang

    compilation = netlang.compile(net, tmp_path / "out", precision="float32", width=8)
    assert compilation.graph["conv_1"].type.channels == 8
    assert (tmp_path / "out" / "plan.json").read_text() == manifest(compilation.plan)


# --------------------------------------------------------------------- stages


def test_stages_are_printed_alone(net: Path, capsys: Capture) -> None:
    graph = load(net)
    assert parse_graph(shown(capsys, net, "--emit", "graph")) == graph
    assert parse_graph(shown(capsys, net, "--emit", "optimized")) == optimize(graph).graph
    planned = plan(optimize(graph).graph)
    assert shown(capsys, net, "--emit", "plan") == manifest(planned)
    assert shown(capsys, net, "--emit", "kernels") == source(planned)
    assert json.loads(manifest(planned))["network"] == "tiny"


def test_the_pipeline_stops_where_it_is_told_to(net: Path, capsys: Capture) -> None:
    folded = optimize(load(net), upto("fold_affine")).graph
    assert len(folded) > len(optimize(load(net)).graph)
    stop = (net, "--after", "fold_affine")
    assert parse_graph(shown(capsys, *stop, "--emit", "optimized")) == folded
    assert shown(capsys, *stop, "--emit", "plan") == manifest(plan(folded))
    # This one runs twice: what is meant is the last time.
    run = [each["name"] for each in report(capsys, net, "--after", "drop_identity")["passes"]]
    assert "fold_affine" in run
    assert run[-1] == "drop_identity"


def test_fusion_is_for_a_device(capsys: Capture) -> None:
    # At this batch a back-to-back kernel pays on an H100, whose memory is the slower part.
    def emitted(*arguments: str) -> Graph:
        options = ("--batch", "256", "--emit", "optimized", *arguments)
        return parse_graph(shown(capsys, "resnet50", *options))

    def optimized(device: str) -> Graph:
        return optimize(load("resnet50"), target=Target(DEVICES[device], batch=256)).graph

    assert optimized("h100") != optimized("a100-80gb")
    assert emitted() == optimized("h100")
    assert emitted("--device", "a100-80gb") == optimized("a100-80gb")
    assert emitted("--target", "sm_80") == optimized("a100-80gb")
    assert emitted("--target", "sm_80", "--device", "h100") == optimized("h100")


@pytest.mark.parametrize("option", ["--check", "--explain"])
def test_a_stage_is_printed_alone(option: str, net: Path, capsys: Capture) -> None:
    error = shown(capsys, net, "--emit", "graph", option, status=1)
    assert f"'--emit' prints a stage, and no '{option}'" in error


def test_the_tree_is_printed(net: Path, capsys: Capture) -> None:
    tree = shown(capsys, net, "--emit", "ast")
    assert tree.startswith("File(")
    assert "Name(name='width')" in tree
    assert "Span" not in tree


def test_assembly_is_printed(net: Path, capsys: Capture) -> None:
    text = shown(capsys, net, "--emit", "ptx", "--target", "sm_80")
    assert text.count(".visible .entry") == 2
    assert ".target sm_80" in text


# --------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "0"], "a batch of 0 images is none"),
        (["--after", "fold_afine"], "no pass 'fold_afine'\n  = help: did you mean 'fold_affine'?"),
        (["--after", "everything"], "help: there are: drop_heads, eliminate_dead, drop_identity,"),
        (["--seed", "-1"], "'--seed -1' is below 0"),
        (["--emit", "graph", "-o", "out"], "'--emit' prints, and '-o' writes"),
        (["--weights", "nowhere.safetensors"], "no weight file 'nowhere.safetensors'"),
    ],
)
def test_mistakes(arguments: list[str], message: str, net: Path, capsys: Capture) -> None:
    assert message in shown(capsys, net, *arguments, status=1)


def test_progress_is_for_terminals(net: Path, capsys: Capture, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["compile", str(net), "--target", "sm_90"]) == 0
    error = capsys.readouterr().err
    assert "compiling kernels: 1 of 2" in error
    assert error.endswith("\r")


def test_a_kernel_that_does_not_compile_is_our_fault(
    net: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: Any) -> Any:
        raise CompileError("conv for sm_90: no")

    monkeypatch.setattr("netlang.compiler.assemble.compile_kernels", refuse)
    assert "this is a bug in netlang" in shown(capsys, net, "--target", "sm_90", status=70)
